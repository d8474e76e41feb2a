import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchBuilder, type Field, rowsOf, type Schema } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/fake-packages.js';
import { block } from './block-writer.js';
import { EntryBuffer } from './entry-buffer.js';
import { magicOf, ROWS } from './format.js';
import { planOf, type RecordingHeader, recordedRows } from './header.js';
import { Recorder } from './recorder.js';
import { RecordingFile } from './recording-file.js';
import { replayBatches } from './replay-batches.js';
import { readRows, writeRows } from './rows-entry.js';

const folder = temporaryFolder();

const field = (name: string, type: Field['type'], size: number): Field => ({
  ...{ name, type, size, meaning: type === 'bytes' ? 'skep_text_t' : undefined, doc: '' },
  labels: name === 'kind' ? new Map([[1, 'one']]) : undefined,
});
const schema: Schema = {
  ...{ plugin: 'tracer', source: 'tr', stream: 'events', shape: 'events', keys: [] },
  fields: [
    field('count', 'u64', 8),
    field('balance', 'i64', 8),
    field('kind', 'u32', 4),
    field('small', 'i16', 2),
    field('ok', 'bool', 1),
    field('text', 'bytes', 16),
  ],
  layout: { columns: [{ field: 'count' }] },
};
const ROWS_OF_TWO = [
  { count: 2n ** 63n, balance: -5n, kind: 1, small: -2, ok: true, text: 'first' },
  { count: 1n, balance: 6n, kind: 2, small: 3, ok: false, text: '' },
];
const header: RecordingHeader = {
  ...{ version: 2, startedMs: 1, kernel: '6.1' },
  sources: [
    {
      ...{ name: 'tr', plugin: 'tracer', package: '', version: '', options: {}, filters: [] },
      streams: [recordedRows(schema)],
    },
  ],
};

function builderOf(rows: readonly object[], capacity = 1): BatchBuilder {
  const builder = new BatchBuilder(schema, capacity);
  for (const row of rows) builder.push(row as Record<string, unknown>);
  return builder;
}

async function replayed(path: string) {
  const file = await RecordingFile.open(path);
  const batches: unknown[] = [];
  try {
    const plans = ({ streams }: RecordingHeader['sources'][number]) =>
      streams.map((stream) => planOf(header.sources[0]!, stream, {}));
    for await (const batch of replayBatches(file, 'tr', { plans })) {
      const { lost, snapshot } = batch;
      batches.push({ rows: rowsOf(batch), lost, ...(snapshot ? { snapshot } : {}) });
    }
    return batches;
  } finally {
    await file.close();
  }
}

/** The data of an entry of these rows. */
function dataOf(builder: BatchBuilder, covered = 0n): Buffer {
  const entries = new EntryBuffer();
  entries.begin(ROWS, 0, 0);
  const head = 15;
  writeRows(builder.batch(), covered, entries);
  entries.finish();
  return Buffer.concat(entries.take()).subarray(head);
}

describe('a recording of rows', () => {
  it('has every kind of column, what was lost, and the intervals of snapshots', async () => {
    const path = join(folder, 'rows');
    const recorder = await Recorder.create(path);
    await recorder.begin(header);
    const events = builderOf(ROWS_OF_TWO);
    events.lost = 7;
    await recorder.write(events.batch());
    const snapshot = { timeNs: 10n, intervalNs: 3n, complete: false };
    const table = builderOf(ROWS_OF_TWO.slice(1), 100);
    table.snapshot = snapshot;
    await recorder.write(table.batch());
    const empty = builderOf([]);
    empty.snapshot = { ...snapshot, complete: true };
    await recorder.write(empty.batch());
    await recorder.end();
    const plain = rowsOf(builderOf(ROWS_OF_TWO).batch());
    expect(plain[0]).toMatchObject({ count: 2n ** 63n, balance: -5n, small: -2, text: 'first' });
    expect(await replayed(path)).toEqual([
      { rows: plain, lost: 7 },
      { rows: plain.slice(1), lost: 0, snapshot },
      { rows: [], lost: 0, snapshot: { ...snapshot, complete: true } },
    ]);
    expect(readFileSync(path).subarray(0, 9).toString()).toBe('SKEPREC2\n');
  });

  it('has what the snapshots have covered', () => {
    expect(readRows(dataOf(builderOf(ROWS_OF_TWO), 55n), new BatchBuilder(schema, 1))).toBe(55n);
  });

  it('are damage when they end early, go on, or have other columns', () => {
    const whole = dataOf(builderOf(ROWS_OF_TWO));
    const read = (data: Buffer, of: Schema = schema) => readRows(data, new BatchBuilder(of, 1));
    expect(() => read(whole)).not.toThrow();
    for (let length = 0; length < whole.length; length++) {
      expect(() => read(whole.subarray(0, length)), `${length} bytes`).toThrow(RangeError);
    }
    expect(() => read(Buffer.concat([whole, Buffer.alloc(1)]))).toThrow(RangeError);
    expect(() => read(whole, { ...schema, fields: schema.fields.slice(1) })).toThrow(RangeError);
  });

  it('are damage when a number promises more than there is, or texts end before they begin', () => {
    const rows = dataOf(builderOf(ROWS_OF_TWO));
    rows.writeUInt32LE(0xfffffff0, 0);
    expect(() => readRows(rows, new BatchBuilder(schema, 1))).toThrow(RangeError);
    const texts = dataOf(builderOf(ROWS_OF_TWO));
    const text = Buffer.byteLength('first');
    // The ends of the texts stand before them: 5, 5.
    texts.writeUInt32LE(text - 1, texts.length - text - 4);
    expect(() => readRows(texts, new BatchBuilder(schema, 1))).toThrow(RangeError);
  });

  it('is damaged when it holds rows of a stream that has records', async () => {
    const entries = new EntryBuffer();
    entries.begin(ROWS, 0, 1);
    writeRows(builderOf(ROWS_OF_TWO).batch(), 0n, entries);
    entries.finish();
    const layout = { size: 8, members: [], histograms: [] };
    const [source] = header.sources;
    const stream = { ...source!.streams[0]!, kind: 'events' as const, record: layout };
    const head = await block(Buffer.from(JSON.stringify({ ...header, sources: [{ ...source!, streams: [stream] }] })));
    const path = join(folder, 'mixed');
    writeFileSync(path, Buffer.concat([magicOf(2), head, await block(entries.take()[0]!)]));
    await expect(replayed(path)).rejects.toMatchObject({
      code: 'SKEP_RECORDING',
      message: expect.stringContaining('rows of records'),
    });
  });
});
