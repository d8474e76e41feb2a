import { type RowOf, SkepError } from '@skep/core';
import opensnoop from '@skep/plugin-opensnoop';
import runqlat from '@skep/plugin-runqlat';
import { open, openBatches } from '@skep/runner';
import { expect, expectTypeOf, it } from 'vitest';
import { linksOf } from './support/bpf.js';
import { Storm } from './support/storm.js';
import { until } from './support/until.js';

const MISSING = '/skep-e2e/no/such/file';

/** Opens `count` times as soon as this process has something attached. */
async function stormOnceAttached(storm: Storm, count: number): Promise<void> {
  await until('it is attached', () => linksOf(process.pid).length > 0);
  await storm.open(count);
}

it('open() yields rows typed by the C struct, and leaving the loop detaches everything', async () => {
  const storm = new Storm(MISSING);
  const storming = stormOnceAttached(storm, 1009);
  let rows = 0;
  for await (const row of open(opensnoop, { failed: true, pid: storm.pid })) {
    expectTypeOf(row.path).toEqualTypeOf<string>();
    expectTypeOf(row.err).toEqualTypeOf<number>();
    expectTypeOf(row.time).toEqualTypeOf<bigint>();
    // @ts-expect-error: the struct has no such member
    expect(row.nosuch).toBeUndefined();
    expect(row).toMatchObject({ pid: storm.pid, path: MISSING, err: 2, fd: -1 });
    if (++rows === 503) break;
  }
  await storming;
  expect(rows).toBe(503);
  expect(linksOf(process.pid)).toEqual([]);
});

it('an aborted signal ends the loop when all that was seen has been yielded', async () => {
  const storm = new Storm(MISSING);
  const stop = new AbortController();
  const storming = stormOnceAttached(storm, 1009).then(() => stop.abort());
  let rows = 0;
  for await (const { path } of open(opensnoop, { pid: storm.pid }, { signal: stop.signal }))
    if (path === MISSING) rows++;
  await storming;
  expect(rows).toBe(1009);
  expect(linksOf(process.pid)).toEqual([]);
});

it('openBatches() yields columns', async () => {
  const storm = new Storm(MISSING);
  const storming = stormOnceAttached(storm, 1009);
  let rows = 0;
  for await (const batch of openBatches(opensnoop, { pid: storm.pid })) {
    const at = batch.schema.fields.findIndex(({ name }) => name === 'pid');
    const column = batch.columns[at]!;
    if (column.kind !== 'number') throw new Error('pid is a number');
    expect(column.values.subarray(0, batch.rows).every((pid) => pid === storm.pid)).toBe(true);
    rows += batch.rows;
    if (rows >= 1009) break;
  }
  await storming;
  expect(rows).toBe(1009);
  expect(linksOf(process.pid)).toEqual([]);
});

it('an error in the body of the loop detaches everything', async () => {
  const storm = new Storm(MISSING);
  void stormOnceAttached(storm, 11);
  const looping = async () => {
    for await (const row of open(opensnoop, { pid: storm.pid })) throw new Error(`thrown at ${row.path}`);
  };
  await expect(looping()).rejects.toThrow('thrown at');
  expect(linksOf(process.pid)).toEqual([]);
});

it('a wrong option does not compile, and is refused by name', async () => {
  // @ts-expect-error: no option of this name
  const unknown = open(opensnoop, { fialed: true });
  await expect(unknown.next()).rejects.toMatchObject({ code: 'SKEP_OPTION', remedy: 'did you mean "failed"?' });
  // @ts-expect-error: not a number
  const wrong = open(opensnoop, { pid: 'self' });
  await expect(wrong.next()).rejects.toBeInstanceOf(SkepError);
  expect(linksOf(process.pid)).toEqual([]);
});

it('histograms are rows too', async () => {
  expectTypeOf<RowOf<typeof runqlat>>().toHaveProperty('time');
  for await (const row of open(runqlat, {}, { everyMs: 200 })) {
    expectTypeOf(row.time).toEqualTypeOf<bigint>();
    expect(row.time).toBeGreaterThan(1_600_000_000_000_000_000n);
    break;
  }
  expect(linksOf(process.pid)).toEqual([]);
});
