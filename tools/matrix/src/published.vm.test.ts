import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { declaredSets } from './declared.js';
import { FIXED_KERNELS } from './kernels.js';
import { readMeasured, readPublished } from './results.js';
import { type DeclaredSet, lacksTarget, type MatrixRow, setKey } from './rows.js';

// What `npm run matrix` has left on this machine, which the test stage runs before these tests.
const measured = readMeasured();
let declared: DeclaredSet[];

beforeAll(async () => {
  declared = await declaredSets(fileURLToPath(new URL('../../..', import.meta.url)), []);
});

const cell = (row: Pick<MatrixRow, 'tool' | 'set' | 'kernel'>): string => `${setKey(row)} on ${row.kernel}`;

it('gives every attach set a verdict on every fixed kernel, and none is wrong or untested', () => {
  const sound = measured
    .filter((row) => row.verdict === 'seen' || row.verdict === 'refused' || lacksTarget(row))
    .map(cell);
  const wanted = FIXED_KERNELS.flatMap((kernel) => declared.map((set) => cell({ ...set, kernel })));
  expect(wanted.filter((one) => !sound.includes(one))).toEqual([]);
});

it('has each tool seen on each fixed kernel by one set at least', () => {
  const seen = new Set(
    measured.filter(({ verdict }) => verdict === 'seen').map((row) => `${row.tool} on ${row.kernel}`),
  );
  const absent = new Set(measured.filter(lacksTarget).map(({ tool }) => tool));
  const wanted = FIXED_KERNELS.flatMap((kernel) =>
    declared.filter(({ tool }) => !absent.has(tool)).map(({ tool }) => `${tool} on ${kernel}`),
  );
  expect([...new Set(wanted)].filter((one) => !seen.has(one))).toEqual([]);
});

it('agrees with docs/kernels.md on the fixed kernels: npm run matrix -- --publish', () => {
  const published = new Map(readPublished().map((row) => [cell(row), row.verdict]));
  const differing = measured
    .filter((row) => FIXED_KERNELS.includes(row.kernel) && published.has(cell(row)) && !lacksTarget(row))
    .filter((row) => published.get(cell(row)) !== row.verdict)
    .map((row) => `${cell(row)}: published ${published.get(cell(row))}, measured ${row.verdict}`);
  expect(differing).toEqual([]);
});
