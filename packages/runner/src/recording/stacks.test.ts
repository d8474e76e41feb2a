import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Batch, BatchBuilder, rowsOf, type Schema } from '@skep/core';
import type { NamedStack, StreamPlan } from '@skep/libbpf';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/fake-packages.js';
import { block } from './block-writer.js';
import { EntryBuffer } from './entry-buffer.js';
import { EVENTS, magicOf, STACKS } from './format.js';
import { type RecordingHeader, recordedStream } from './header.js';
import { RecordedStacks } from './recorded-stacks.js';
import { Recorder } from './recorder.js';
import { RecordingFile } from './recording-file.js';
import { createReplay, recordedPlugins } from './replay.js';
import { StackReader } from './stack-reader.js';
import { StackWriter } from './stack-writer.js';

const folder = temporaryFolder();
const LOG = { debug() {}, info() {}, warn() {}, error() {} };

/** A snapshot of one key: process, user half, kernel half; and its weight. */
const KEY_BYTES = 24;
const plain = { meaning: undefined, doc: '', labels: undefined };
const frames = { ...plain, type: 'bytes', meaning: 'skep_frames', size: 0 } as const;
const pid = { ...plain, name: 'pid', type: 'u32', size: 4 } as const;
const samples = { ...plain, name: 'samples', type: 'u64', size: 8 } as const;
const user = {
  field: { ...frames, name: 'user_stack' },
  offset: 8,
  stack: { half: 'user', pidOffset: 0 },
} as const;
const kernel = {
  field: { ...frames, name: 'kernel_stack' },
  offset: 16,
  stack: { half: 'kernel', pidOffset: 0 },
} as const;
const schema: Schema = {
  ...{ plugin: 'tool', source: 'tool', stream: 'samples', shape: 'stacks', keys: ['pid', 'frames'] },
  fields: [{ ...plain, name: 'time', type: 'u64', size: 0 }, pid, { ...frames, name: 'frames' }, samples],
  layout: { columns: [{ field: 'samples' }] },
};
const plan: StreamPlan = {
  ...{ kind: 'stacks', schema, kernel, user, count: 'samples', isDelimited: false, isAnnotated: true, text: 'places' },
  snapshot: {
    name: 'counts',
    key: { name: 'key', size: KEY_BYTES, members: [{ field: pid, offset: 0 }, user, kernel], histograms: [] },
    value: { name: 'value', size: 8, members: [{ field: samples, offset: 0 }], histograms: [] },
  },
};
const header: RecordingHeader = {
  ...{ version: 2, startedMs: 1, kernel: '6.1' },
  sources: [
    {
      ...{ name: 'tool', plugin: 'tool', package: 'skep-plugin-tool', version: '1.0.0', options: {}, filters: [] },
      streams: [recordedStream(plan, false)],
    },
  ],
};

interface Sample {
  readonly pid: number;
  readonly user: bigint;
  readonly kernel: bigint;
  readonly samples: bigint;
}

const named = (half: NamedStack['half'], id: bigint, process: number, names: string, table = names): NamedStack => ({
  ...{ half, id, pid: process, names, table },
});

/** A recording of these snapshots, each with the stacks that are named while its rows are made. */
async function recorded(
  name: string,
  snapshots: readonly { readonly samples: readonly Sample[]; readonly stacks: readonly NamedStack[] }[],
): Promise<string> {
  const path = join(folder, name);
  const recorder = await Recorder.create(path);
  await recorder.begin(header);
  for (const { samples: taken, stacks } of snapshots) {
    const keys = new Uint8Array(taken.length * KEY_BYTES);
    const values = new Uint8Array(taken.length * 8);
    for (const [i, sample] of taken.entries()) {
      const view = new DataView(keys.buffer, i * KEY_BYTES);
      view.setUint32(0, sample.pid, true);
      view.setBigUint64(8, sample.user, true);
      view.setBigUint64(16, sample.kernel, true);
      new DataView(values.buffer).setBigUint64(i * 8, sample.samples, true);
    }
    const entries = { count: taken.length, keys, values, stride: 8 };
    recorder.tap.snapshot({ entries, timeNs: 5n, intervalNs: 1n, complete: true }, 1n);
    for (const stack of stacks) recorder.tap.stack(stack);
    await recorder.write(new BatchBuilder(schema).batch());
  }
  await recorder.end();
  return path;
}

/** The rows of a replay without their times, a list for each snapshot. */
async function replayed(path: string, isForTable = false): Promise<unknown[][]> {
  const file = await RecordingFile.open(path);
  try {
    const snapshots: unknown[][] = [];
    const sink = {
      open: async () => {},
      flush: async () => {},
      close: async () => {},
      write: async (batch: Batch) => void snapshots.push([...rowsOf(batch)].map(({ time: _, ...row }) => row)),
    };
    const agent = createReplay(file, { speed: Number.POSITIVE_INFINITY, isForTable }, LOG, {});
    await agent.start({
      ...{ version: 1, file: '', folder, processors: [], plugins: await recordedPlugins(file.header, folder) },
      agent: { name: '', metrics: undefined, log: 'info', user: undefined, privileges: 'keep' },
      sinks: [
        {
          ...{ name: 'out', options: {}, secrets: [], from: ['tool'], getsEverything: true, where: undefined },
          sink: { definition: { create: () => sink } } as never,
          location: { file: '', line: 1, column: 1, text: '', length: 1 },
        },
      ],
    });
    await agent.finished();
    return snapshots;
  } finally {
    await file.close();
  }
}

describe('a recording of stacks', () => {
  it('has both halves of each, in the style of a table and in that of everything else', async () => {
    const path = await recorded('halves', [
      {
        samples: [{ pid: 42, user: 10n, kernel: 20n, samples: 3n }],
        stacks: [
          named('user', 10n, 42, 'main;work', 'main+0x1f [app];work+0x2 [app]'),
          named('kernel', 20n, 0, 'do_syscall_64'),
        ],
      },
    ]);
    expect(await replayed(path)).toEqual([[{ pid: 42, frames: ['main', 'work', 'do_syscall_64_[k]'], samples: 3n }]]);
    expect(await replayed(path, true)).toEqual([
      [{ pid: 42, frames: ['main+0x1f [app]', 'work+0x2 [app]', 'do_syscall_64_[k]'], samples: 3n }],
    ]);
  });

  it('tells stacks of equal ids apart, by snapshot, process and half', async () => {
    const path = await recorded('equal', [
      {
        samples: [
          { pid: 1, user: 10n, kernel: 0n, samples: 1n },
          { pid: 2, user: 10n, kernel: 10n, samples: 2n },
        ],
        stacks: [named('user', 10n, 1, 'one'), named('user', 10n, 2, 'two'), named('kernel', 10n, 0, 'below')],
      },
      {
        samples: [{ pid: 1, user: 10n, kernel: 0n, samples: 4n }],
        stacks: [named('user', 10n, 1, 'another')],
      },
    ]);
    expect(await replayed(path)).toEqual([
      [
        { pid: 1, frames: ['one'], samples: 1n },
        { pid: 2, frames: ['two', 'below_[k]'], samples: 2n },
      ],
      [{ pid: 1, frames: ['another'], samples: 4n }],
    ]);
  });

  it('adds up what has equal names as it did live', async () => {
    const path = await recorded('sums', [
      {
        samples: [
          { pid: 1, user: 10n, kernel: 0n, samples: 3n },
          { pid: 1, user: 12n, kernel: 0n, samples: 4n },
        ],
        stacks: [named('user', 10n, 1, 'main', 'main+0x1'), named('user', 12n, 1, 'main', 'main+0x2')],
      },
    ]);
    expect(await replayed(path)).toEqual([[{ pid: 1, frames: ['main'], samples: 7n }]]);
    expect(await replayed(path, true)).toEqual([
      [
        { pid: 1, frames: ['main+0x1'], samples: 3n },
        { pid: 1, frames: ['main+0x2'], samples: 4n },
      ],
    ]);
  });

  it('of more than a block has room for is whole', async () => {
    const ids = Array.from({ length: 3000 }, (_, i) => BigInt(i + 2));
    const path = await recorded('large', [
      {
        samples: ids.map((id) => ({ pid: 1, user: id, kernel: 0n, samples: id })),
        stacks: ids.map((id) => named('user', id, 1, `main;${'f'.repeat(200)}${id}`)),
      },
    ]);
    const [rows] = (await replayed(path)) as { frames: string[]; samples: bigint }[][];
    expect(rows).toHaveLength(3000);
    for (const { frames: [, leaf] = [], samples: weight } of rows!) expect(leaf).toBe(`${'f'.repeat(200)}${weight}`);
    const file = await RecordingFile.open(path);
    let blocks = 0;
    while (await file.next()) blocks++;
    await file.close();
    expect(blocks).toBeGreaterThan(1);
  });

  it('with a record of a stack that it does not name is refused', async () => {
    const path = await recorded('unknown', [
      { samples: [{ pid: 1, user: 10n, kernel: 0n, samples: 1n }], stacks: [named('user', 10n, 2, 'other')] },
    ]);
    await expect(replayed(path)).rejects.toMatchObject({
      code: 'SKEP_RECORDING',
      message: expect.stringContaining('stacks without names'),
    });
  });

  it('that was cut off between the stacks and what refers to them gives what is whole', async () => {
    const ids = Array.from({ length: 3000 }, (_, i) => BigInt(i + 2));
    const bytes = readFileSync(
      await recorded('uncut', [
        {
          samples: ids.map((id) => ({ pid: 1, user: id, kernel: 0n, samples: id })),
          stacks: ids.map((id) => named('user', id, 1, `${'f'.repeat(200)}${id}`)),
        },
      ]),
    );
    const path = join(folder, 'cut');
    writeFileSync(path, bytes.subarray(0, -1));
    expect(await replayed(path)).toEqual([]);
  });
});

describe('the header of a recording of stacks', () => {
  const [source] = header.sources;
  const [stream] = source!.streams;
  it.each([
    ['a weight that is no member', { count: 'other' }],
    ['no layout of the value', { value: undefined }],
    ['a stack beyond the record', { key: { ...stream!.key!, size: 20 } }],
    ['a column too few', { fields: stream!.fields.slice(0, -1) }],
    ['numbers where frames belong', { fields: stream!.fields.map((one) => ({ ...one, type: 'u64' })) }],
    ['a style that there is not', { text: 'bold' }],
  ])('with %s is refused', async (_, wrong) => {
    const path = join(folder, 'header');
    const sources = [{ ...source!, streams: [{ ...stream!, ...wrong }] }];
    writeFileSync(path, Buffer.concat([magicOf(2), await block(Buffer.from(JSON.stringify({ ...header, sources })))]));
    await expect(RecordingFile.open(path)).rejects.toMatchObject({ code: 'SKEP_RECORDING' });
  });
});

/** A file of one block, which holds what `fill` puts into it. */
async function fileOf(name: string, version: 1 | 2, fill: (entries: EntryBuffer) => void): Promise<string> {
  const entries = new EntryBuffer();
  fill(entries);
  const path = join(folder, name);
  const head = await block(Buffer.from(JSON.stringify({ ...header, version })));
  const [data] = entries.take();
  writeFileSync(path, Buffer.concat([magicOf(version), head, await block(data!)]));
  return path;
}

const STACK = named('user', 10n, 1, 'main;work', 'main+0x1;work+0x2');

describe('stacks in a file', () => {
  it('are damage in a file of version 1, which has none', async () => {
    const fill = (entries: EntryBuffer) => {
      entries.begin(STACKS, 0, 1);
      new StackWriter().write([STACK], entries);
      entries.finish();
    };
    await expect(replayed(await fileOf('of-1', 1, fill))).rejects.toThrow(/the block at byte \d+ is damaged/);
    expect(await replayed(await fileOf('of-2', 2, fill))).toEqual([]);
  });

  it('are damage when they end early or go on, wherever that is', async () => {
    const whole = dataOf(new StackWriter(), [STACK, named('kernel', 12n, 0, 'main')]);
    const read = (data: Buffer) => new StackReader().read(data, new RecordedStacks());
    expect(() => read(whole)).not.toThrow();
    for (let length = 0; length < whole.length; length++) {
      expect(() => read(whole.subarray(0, length)), `${length} bytes`).toThrow(RangeError);
    }
    expect(() => read(Buffer.concat([whole, Buffer.alloc(4)]))).toThrow(RangeError);
    const path = await fileOf('truncated', 2, (entries) => {
      entries.begin(STACKS, 0, 1);
      entries.raw(whole.subarray(0, -4));
      entries.finish();
      entries.begin(EVENTS, 0, 1);
      entries.finish();
    });
    await expect(replayed(path)).rejects.toThrow(/the block at byte \d+ is damaged/);
  });

  it('take no memory for what a number promises', () => {
    for (let at = 0; ; at += 4) {
      const data = dataOf(new StackWriter(), [STACK]);
      if (at + 4 > data.length) break;
      data.writeUInt32LE(0xfffffff0, at);
      try {
        new StackReader().read(data, new RecordedStacks());
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(RangeError);
      }
    }
  });

  it('hold the text of a frame once, however often it comes', () => {
    const writer = new StackWriter();
    const first = dataOf(writer, [STACK]);
    const second = dataOf(writer, [STACK, { ...STACK, id: 14n }]);
    expect(first.includes('work+0x2')).toBe(true);
    expect(second.includes('work')).toBe(false);
    const reader = new StackReader();
    const stacks = new RecordedStacks();
    reader.read(first, new RecordedStacks());
    reader.read(second, stacks);
    expect(stacks.get('user', 14n, 1)).toEqual({ names: ['main', 'work'], table: ['main+0x1', 'work+0x2'] });
  });

  it('begin anew when there are too many to remember, and are read on', () => {
    const writer = new StackWriter();
    const reader = new StackReader();
    const length = 2 ** 20;
    for (let i = 0; i < 40; i++) {
      const name = `${'f'.repeat(length)}${i}`;
      const data = dataOf(writer, [named('kernel', 2n, 0, `root;${name}`)]);
      const stacks = new RecordedStacks();
      reader.read(data, stacks);
      expect(stacks.get('kernel', 2n, 0)?.names).toEqual(['root', name]);
    }
  });
});

/** The data of an entry of these stacks. */
function dataOf(writer: StackWriter, stacks: readonly NamedStack[]): Buffer {
  const entries = new EntryBuffer();
  entries.begin(STACKS, 0, 0);
  const head = 15;
  writer.write(stacks, entries);
  entries.finish();
  return Buffer.concat(entries.take()).subarray(head);
}
