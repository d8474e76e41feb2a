import { BatchBuilder, type ProbeRequest, rowsOf, type Schema } from '@skep/core';
import { expect, it } from 'vitest';
import { SnapshotProbe, type SnapshotSource } from './snapshot-probe.js';

function schemaOf(stream: string): Schema {
  const field = { type: 'u64', meaning: undefined, doc: '', size: 0, labels: undefined } as const;
  const fields = [
    { ...field, name: 'time', meaning: 'skep_ktime_t' },
    { ...field, name: 'count' },
  ];
  return { plugin: 'test', source: 'test', stream, shape: 'table', fields, keys: [], layout: { columns: [] } };
}

/** Counts its readings, as a cumulative counter would. */
class Readings implements SnapshotSource {
  readonly attached = [];
  private count = 0n;
  async open(): Promise<void> {}
  async attach(): Promise<void> {}
  skippedRuns = 0n;
  async detach(): Promise<void> {}
  async close(): Promise<void> {}
  read() {
    this.count++;
    return { rows: { calls: [{ count: this.count }], others: [] }, updates: 1n };
  }
}

it('gives what was not drained yet and the last reading apart, each with its time', async () => {
  const schemas = [schemaOf('calls'), schemaOf('others')];
  let woken = () => {};
  const ticked = new Promise<void>((resolve) => {
    woken = resolve;
  });
  const poller = { wake: () => woken(), add() {}, remove() {} };
  const request = { schemas, everyMs: 5, poller } as unknown as ProbeRequest;
  const probe = new SnapshotProbe(request, new Readings());
  await probe.open();
  await probe.attach();
  await ticked;
  await probe.finish();

  const [calls, others] = schemas.map((schema) => new BatchBuilder(schema)) as [BatchBuilder, BatchBuilder];
  const drained = [];
  for (let n = 0; n < 2; n++) {
    expect(probe.drain(calls)).toBe(1);
    const { snapshot } = calls.batch();
    drained.push({ rows: rowsOf(calls.batch()), timeNs: snapshot!.timeNs, intervalNs: snapshot!.intervalNs });
    calls.reset();
    expect(probe.drain(others)).toBe(0);
    expect(others.snapshot).toMatchObject({ timeNs: snapshot!.timeNs });
    others.reset();
  }
  expect(drained.map(({ rows }) => rows.map(({ count }) => count))).toEqual([[1n], [2n]]);
  expect(drained[1]!.timeNs - drained[0]!.timeNs).toBe(drained[1]!.intervalNs);
  for (const builder of [calls, others]) {
    expect(probe.drain(builder)).toBe(0);
    expect(builder.snapshot).toBeUndefined();
  }
  expect(probe.covered()).toBe(2n);
  await probe.close();
});
