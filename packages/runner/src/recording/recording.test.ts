import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatchBuilder, kernelMemory, type Schema } from '@skep/core';
import type { StreamPlan, Tap } from '@skep/libbpf';
import { layoutOf } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/fake-packages.js';
import { block } from './block-writer.js';
import { magicOf } from './format.js';
import { type RecordingHeader, recordedStream } from './header.js';
import { Recorder } from './recorder.js';
import { RecordingFile } from './recording-file.js';
import { createReplay, recordedPlugins } from './replay.js';

const folder = temporaryFolder();
const record = layoutOf([
  { name: 'time', type: 'u64', meaning: 'skep_ktime_t' },
  { name: 'n' },
  { name: 'text', type: 'bytes', size: 8 },
]);
const fields = record.members.map(({ field }) => field);
const schema: Schema = {
  ...{ plugin: 'tool', source: 'opens', stream: 'opens', shape: 'events', fields, keys: [] },
  layout: { columns: fields.map(({ name }) => ({ field: name })) },
};
const plan: StreamPlan = { kind: 'events', schema, ring: 'events', record };
const header: RecordingHeader = {
  ...{ version: 1, startedMs: 1, kernel: '6.1' },
  sources: [
    {
      ...{ name: 'opens', plugin: 'tool', package: 'skep-plugin-tool', version: '1.0.0', options: {} },
      filters: ['n != 7'],
      streams: [recordedStream(plan, false)],
    },
  ],
};
const LOG = { debug() {}, info() {}, warn() {}, error() {} };

/** `batches` of records, each [n, text]. */
async function recorded(
  name: string,
  batches: readonly (readonly (readonly [number, string])[])[],
  before?: (tap: Tap) => void,
): Promise<string> {
  const path = join(folder, name);
  const recorder = await Recorder.create(path);
  await recorder.begin(header);
  before?.(recorder.tap);
  for (const rows of batches) {
    const bytes = new Uint8Array(Math.max(rows.length, 1) * 24);
    const view = new DataView(bytes.buffer);
    for (const [r, [n, text]] of rows.entries()) {
      view.setBigUint64(r * 24, BigInt(n), true);
      view.setUint32(r * 24 + 8, n, true);
      bytes.set(Buffer.from(text), r * 24 + 12);
    }
    const starts = Uint32Array.from(rows, (_, r) => r * 24);
    const ends = starts.map((start) => start + 24);
    recorder.tap.events(kernelMemory(bytes.buffer), starts, ends, rows.length, { offsetLow: 1000, offsetHigh: 0 });
    await recorder.write(new BatchBuilder(schema).batch());
    await recorder.flush();
  }
  recorder.losses('opens', 'opens', { attempted: 100n, ringFull: 5n, mapFull: 0n, cut: 1n }, 0n);
  await recorder.end();
  return path;
}

/** Rows of a replay as JSON lines, and the account of it. */
async function replayed(path: string): Promise<{ rows: unknown[]; account: unknown; torn: number }> {
  const file = await RecordingFile.open(path);
  try {
    const plugins = await recordedPlugins(file.header, folder);
    const rows: unknown[] = [];
    const { rowsOf } = await import('@skep/core');
    const sink = {
      open: async () => {},
      flush: async () => {},
      close: async () => {},
      write: async (batch: Parameters<typeof rowsOf>[0]) => void rows.push(...rowsOf(batch)),
    };
    const agent = createReplay(file, { speed: Number.POSITIVE_INFINITY }, LOG, {});
    await agent.start({
      ...{
        version: 1,
        file: '',
        folder,
        agent: { name: '', metrics: undefined, log: 'info' },
        plugins,
        processors: [],
      },
      sinks: [
        {
          ...{ name: 'out', options: {}, secrets: [], from: ['opens'], getsEverything: true, where: undefined },
          sink: { definition: { create: () => sink } } as never,
          location: { file: '', line: 1, column: 1, text: '', length: 1 },
        },
      ],
    });
    await agent.finished();
    return { rows, account: agent.account()[0], torn: file.tornBytes };
  } finally {
    await file.close();
  }
}

describe('a recording', () => {
  it('gives the records back with their times, filtered as they were, and the account', async () => {
    const path = await recorded('whole', [
      [
        [1, 'one'],
        [7, 'seven'],
      ],
      [[2, 'two']],
    ]);
    const { rows, account } = await replayed(path);
    expect(rows).toEqual([
      { time: 1001n, n: 1, text: 'one' },
      { time: 1002n, n: 2, text: 'two' },
    ]);
    expect(account).toMatchObject({ attempted: 100n, delivered: 2n, filtered: 1n, ringFull: 5n, cut: 1n });
  });

  it('that was cut off at any byte gives its whole blocks, and says what is left out', async () => {
    const bytes = readFileSync(await recorded('full', [[[1, 'a']], [[2, 'b']], [[3, 'c']]]));
    const path = join(folder, 'cut');
    const seen = new Set<number>();
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      try {
        const { rows, torn } = await replayed(path);
        seen.add(rows.length);
        expect(torn).toBeLessThan(200);
      } catch (error) {
        expect(error).toMatchObject({ code: 'SKEP_RECORDING' });
        expect((error as Error).message).toMatch(/no recording of skep|ends within its header/);
      }
    }
    expect([...seen].sort()).toEqual([0, 1, 2, 3]);
  });

  it('with any byte changed is refused or read to the same rows, never taken for another', async () => {
    const bytes = readFileSync(await recorded('sound', [[[1, 'a']], [[2, 'b']]]));
    const path = join(folder, 'flipped');
    for (let i = 0; i < bytes.length; i += 3) {
      const flipped = Buffer.from(bytes);
      flipped[i]! ^= 0x41;
      writeFileSync(path, flipped);
      const rows = await replayed(path).then(
        (result) => result.rows.length,
        (error: { code?: string }) => error.code,
      );
      // A length that grew makes the rest look like a torn end.
      expect(['SKEP_RECORDING', 0, 1, 2]).toContain(rows);
    }
  });

  it.each([
    ['another file', Buffer.from('#!/bin/sh\nexit\n'), 'it is no recording of skep'],
    ['a newer one', Buffer.from('SKEPREC3\n'), 'made by a newer skep'],
    ['nothing', Buffer.alloc(0), 'it is no recording of skep'],
  ])('is told from %s', async (_, bytes, message) => {
    const path = join(folder, 'other');
    writeFileSync(path, bytes);
    await expect(replayed(path)).rejects.toThrow(message);
  });

  it('takes no memory for what a length or a block promises', async () => {
    const path = join(folder, 'bomb');
    const huge = Buffer.alloc(12);
    huge.writeUInt32LE(0xffffffff, 0);
    writeFileSync(path, Buffer.concat([magicOf(1), huge]));
    await expect(replayed(path)).rejects.toThrow('the block at byte 9 is damaged');
    const bomb = await block(Buffer.alloc(8 << 20));
    bomb.writeUInt32LE(10, 4);
    writeFileSync(path, Buffer.concat([magicOf(1), bomb]));
    await expect(replayed(path)).rejects.toThrow('the block at byte 9 is damaged');
  });

  it('with a header of another shape is refused', async () => {
    const path = join(folder, 'header');
    const inside = structuredClone(header) as { sources: { streams: { record: { size: number } }[] }[] };
    inside.sources[0]!.streams[0]!.record.size = 4;
    for (const value of [
      '{',
      '[]',
      JSON.stringify({ ...header, version: 2 }),
      JSON.stringify({ ...header, version: 3 }),
      JSON.stringify(inside),
    ]) {
      writeFileSync(path, Buffer.concat([magicOf(1), await block(Buffer.from(value))]));
      await expect(replayed(path)).rejects.toMatchObject({ code: 'SKEP_RECORDING' });
    }
  });

  it('has nothing of a snapshot that was lost before it was written', async () => {
    const empty = new Uint8Array();
    const entries = { count: 0, keys: empty, values: empty, stride: 8 };
    const path = await recorded('lost', [[[1, 'one']]], (tap) => {
      tap.snapshot({ entries, timeNs: 1n, intervalNs: 1n, complete: true }, 1n);
      tap.stack({ half: 'kernel', id: 2n, pid: 0, names: 'lost', table: 'lost' });
    });
    expect((await replayed(path)).rows).toEqual([{ time: 1001n, n: 1, text: 'one' }]);
  });

  it('that an earlier skep made is read', async () => {
    const file = await RecordingFile.open(fileURLToPath(new URL('../../../cli/demo/demo.skeprec', import.meta.url)));
    expect(file.header.version).toBe(1);
    let entries = 0;
    for (let block = await file.next(); block; block = await file.next()) entries += block.length;
    await file.close();
    expect(entries).toBeGreaterThan(10);
  });

  it('that is not there is said', async () => {
    await expect(replayed(join(folder, 'nowhere'))).rejects.toThrow('there is no such file');
  });
});
