import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchBuilder, type Field, type Schema } from '@skep/core';
import { afterAll, describe, expect, it } from 'vitest';
import { FlamegraphSink } from './flamegraph-sink.js';

const field = (name: string, type: Field['type'], meaning?: string): Field => ({
  name,
  type,
  meaning,
  doc: '',
  size: 0,
  labels: undefined,
});

const schema: Schema = {
  plugin: 'profile',
  source: 'cpu',
  stream: 'samples',
  shape: 'stacks',
  fields: [
    field('pid', 'u32'),
    field('comm', 'bytes'),
    field('frames', 'bytes', 'skep_frames'),
    field('samples', 'u64'),
  ],
  keys: ['pid', 'comm', 'frames'],
  layout: {
    columns: [],
    stacks: {
      frames: 'frames',
      count: 'samples',
      name: 'comm',
      id: 'pid',
      unit: 'samples',
      isFolded: false,
      isDelimited: false,
      look: 'wide',
      hasTask: true,
    },
  },
};

function batchOf(rows: readonly (readonly [frames: string, samples: bigint])[], comm = 'app', of = schema) {
  const builder = new BatchBuilder(of);
  for (const [frames, samples] of rows) builder.push({ pid: 7, comm, frames, samples });
  builder.snapshot = { timeNs: 1_796_000_010_000_000_000n, intervalNs: 10_000_000_000n, complete: true };
  return builder.batch();
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const folder = mkdtempSync(join(tmpdir(), 'skep-flame-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function sinkFor(name: string) {
  const path = join(folder, name);
  const sink = new FlamegraphSink({ sink: 'sink flame', path, title: undefined, mode: 0o640, log: SILENT });
  await sink.open([schema]);
  return { sink, text: () => readFileSync(path, 'utf8'), path };
}

/** Frames of the picture: name, start, weight and depth. */
function framesOf(text: string) {
  return [...text.matchAll(/data-name="([^"]*)" data-x="(\d+)" data-w="(\d+)" data-d="(\d+)"/g)].map((match) =>
    match.slice(1, 5).join(' '),
  );
}

describe('a flame graph', () => {
  it('lays stacks over one another, from all snapshots', async () => {
    const { sink, text, path } = await sinkFor('a.svg');
    await sink.write(
      batchOf([
        ['main;b', 1n],
        ['main;a;x', 2n],
      ]),
    );
    await sink.write(
      batchOf([
        ['main;a', 4n],
        ['', 1n],
      ]),
    );
    await sink.close();
    expect(framesOf(text())).toEqual(['all 0 8 0', 'app 0 8 1', 'main 0 7 2', 'a 0 6 3', 'x 0 2 4', 'b 6 1 3']);
    expect(text()).toContain('>8 samples, 2026-11-30T');
    expect(text()).toMatch(/<title>a \(6 samples, 75\.00%\)<\/title>/);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(['a.svg']);
  });

  it('has the last snapshot alone of a stream whose snapshots say all there is, and the sum of others', async () => {
    const stacks = { ...schema.layout.stacks!, isLevel: true };
    const level: Schema = { ...schema, stream: 'outstanding', layout: { columns: [], stacks } };
    const { sink, text } = await sinkFor('level.svg');
    await sink.write(batchOf([['main;a', 1n]]));
    await sink.write(
      batchOf(
        [
          ['main;a', 4n],
          ['main;gone', 2n],
        ],
        'app',
        level,
      ),
    );
    await sink.write(batchOf([['main;a;x', 8n]], 'app', level));
    await sink.close();
    expect(framesOf(text())).toEqual(['all 0 9 0', 'app 0 9 1', 'main 0 9 2', 'a 0 9 3', 'x 0 8 4']);
    await sink.write(batchOf([], 'app', level));
    await sink.close();
    expect(framesOf(text())).toEqual(['all 0 1 0', 'app 0 1 1', 'main 0 1 2', 'a 0 1 3']);
    rmSync(join(folder, 'level.svg'));
  });

  it('holds names of whoever was traced as nothing but text', async () => {
    for (const name of ['hostile.svg', 'hostile.html']) {
      const { sink, text } = await sinkFor(name);
      await sink.write(
        batchOf([[`"><script>alert(1)</script>;]]>&amp;\x1b[31m\u0000;${'n'.repeat(9000)}`, 3n]], "</svg><b>'"),
      );
      await sink.close();
      expect(text().match(/<script>/g)).toHaveLength(1);
      expect(text()).not.toContain('<b>');
      expect(text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
      expect(text()).toContain('\\x1b[31m\\x00');
    }
  });

  it('is there when nothing was seen', async () => {
    const { sink, text } = await sinkFor('empty.svg');
    await sink.close();
    expect(text()).toContain('0 samples');
  });

  it('leaves the picture of an earlier run when it is refused', async () => {
    const path = join(folder, 'earlier.svg');
    writeFileSync(path, 'earlier');
    const sink = new FlamegraphSink({ sink: 'sink flame', path, title: undefined, mode: 0o640, log: SILENT });
    const others = { ...schema, layout: { columns: [], stacks: { ...schema.layout.stacks!, unit: 'us' } } };
    await expect(sink.open([schema, others])).rejects.toMatchObject({ code: 'SKEP_OPTION' });
    await sink.close();
    expect(readFileSync(path, 'utf8')).toBe('earlier');
  });

  it('says at the start that there can be no picture, and later what became of its folder', async () => {
    await expect(sinkFor(join('missing', 'folder.svg'))).rejects.toMatchObject({ code: 'SKEP_SINK' });
    mkdirSync(join(folder, 'gone'));
    const { sink } = await sinkFor(join('gone', 'folder.svg'));
    expect(readdirSync(join(folder, 'gone'))).toEqual([]);
    rmSync(join(folder, 'gone'), { recursive: true });
    await expect(sink.close()).rejects.toMatchObject({ code: 'SKEP_SINK' });
  });

  it('is refused without stacks', async () => {
    const { sink } = await sinkFor('none.svg');
    const events = { ...schema, shape: 'events' as const, layout: { columns: [] } };
    await expect(sink.open([events])).rejects.toMatchObject({ code: 'SKEP_OPTION' });
  });
});
