import { expect, it } from 'vitest';
import { stackId } from '../schema/stacks.js';
import { batchOf, schemaOf } from './fixture.js';
import { NewRows } from './new-rows.js';

const DAY_MS = 86_400_000;

it('lets each value through once a day', () => {
  let nowMs = 10 * DAY_MS + 5;
  const rows = new NewRows(1, stackId, () => nowMs);
  const schema = schemaOf([{ name: 'n' }, { name: 'frames', type: 'bytes', meaning: 'skep_frames', size: 0 }]);
  const select = (...frames: string[]) => {
    const batch = rows.select(
      batchOf(
        schema,
        frames.map((text, n) => ({ n, frames: text })),
      ),
    );
    const [column] = batch.columns;
    return column?.kind === 'number' ? [...column.values.subarray(0, batch.rows)] : undefined;
  };
  expect(select('a', 'b', 'a', '')).toEqual([0, 1, 3]);
  expect(select('a', 'c', '')).toEqual([1]);
  nowMs += DAY_MS;
  expect(select('a', 'a', 'c')).toEqual([0, 2]);
});
