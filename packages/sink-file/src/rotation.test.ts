import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { batchOf, countTo, filesIn, linesOf, numbersOf, schemaOf, sinkOf, temporaryFolder } from './fixture.js';

const schema = schemaOf();
const FINISHED = /^events-\d{8}T\d{6}Z-(\d{6})\.jsonl$/;

function linesIn(folder: string): string[] {
  return filesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name.endsWith('.gz')) return gunzipSync(readFileSync(path)).toString().split('\n').slice(0, -1);
    if (!name.endsWith('.zst')) return linesOf(path);
    return spawnSync('zstd', ['-dcq', path], { encoding: 'utf8', maxBuffer: 1e8 }).stdout.split('\n').slice(0, -1);
  });
}

describe('rotation', () => {
  it('by size: each line once, in order, no file beyond its size, none split within a line', async () => {
    const folder = temporaryFolder();
    const { sink } = sinkOf(folder, { path: 'events.jsonl', rotate: { size: '4000' } });
    await sink.open([schema]);
    for (let from = 0, rows = 1; from < 5003; from += rows, rows = (rows * 7) % 251) {
      rows = Math.min(rows, 5003 - from);
      await sink.write(batchOf(schema, from, rows));
    }
    await sink.close();
    const files = filesIn(folder);
    // The current file sorts last: `-` comes before `.`.
    expect(files.slice(0, -1).map((name) => Number(FINISHED.exec(name)?.[1]))).toEqual(
      countTo(files.length - 1).map((i) => i + 1),
    );
    expect(numbersOf(linesIn(folder))).toEqual(countTo(5003));
    for (const name of files) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(4000);
    for (const name of files.slice(0, -1)) expect(statSync(join(folder, name)).size).toBeGreaterThan(3900);
    expect(sink.counts.rotated).toBe(files.length - 1);
  });

  it('gives a line longer than the size a file of its own', async () => {
    const folder = temporaryFolder();
    const { sink } = sinkOf(folder, { path: 'events.jsonl', rotate_size: 10 });
    await sink.open([schema]);
    await sink.write(batchOf(schema, 0, 5));
    await sink.close();
    expect(filesIn(folder)).toHaveLength(5);
    expect(numbersOf(linesIn(folder))).toEqual(countTo(5));
  });

  it('repeats the CSV header in each file, and counts it', async () => {
    const folder = temporaryFolder();
    const { sink } = sinkOf(folder, { path: 'events.csv', format: 'csv', rotate: { size: 20 } });
    await sink.open([schema]);
    await sink.write(batchOf(schema, 0, 100));
    await sink.close();
    const files = filesIn(folder).map((name) => linesOf(join(folder, name)));
    expect(files.every((lines) => lines[0] === 'seq' && lines.length > 1)).toBe(true);
    expect(files.flatMap((lines) => lines.slice(1)).map(Number)).toEqual(countTo(100));
    for (const name of filesIn(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(20);
  });

  it('by age, but never an empty file', async () => {
    const folder = temporaryFolder();
    const { sink, clock } = sinkOf(folder, { path: 'events.jsonl', rotate: { age: '1h' } });
    await sink.open([schema]);
    clock.ms = Date.now() + 7_200_000;
    await sink.write(batchOf(schema, 0, 3));
    expect(filesIn(folder)).toHaveLength(1);
    await sink.write(batchOf(schema, 3, 3));
    await sink.close();
    expect(filesIn(folder)).toHaveLength(2);
    expect(numbersOf(linesIn(folder))).toEqual(countTo(6));
  });

  it('keeps the newest, across restarts and clocks set back', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'events-of-mine.jsonl'), 'not ours\n');
    for (const run of [0, 1, 2]) {
      const { sink, clock } = sinkOf(folder, { path: 'events.jsonl', rotate: { size: 200, keep: 3 } });
      clock.ms = Date.UTC(2026, 5, 3 - run);
      await sink.open([schema]);
      for (let i = 0; i < 40; i++) await sink.write(batchOf(schema, run * 40 + i, 1));
      await sink.close();
    }
    expect(filesIn(folder).filter((name) => FINISHED.test(name))).toHaveLength(3);
    expect(linesOf(join(folder, 'events-of-mine.jsonl'))).toEqual(['not ours']);
    const seen = filesIn(folder)
      .filter((name) => FINISHED.test(name))
      .sort((a, b) => Number(FINISHED.exec(a)![1]) - Number(FINISHED.exec(b)![1]))
      .flatMap((name) => numbersOf(linesOf(join(folder, name))));
    seen.push(...numbersOf(linesOf(join(folder, 'events.jsonl'))));
    expect(seen).toEqual(countTo(120).slice(-seen.length));
  });

  it('never takes the name of a file that exists', async () => {
    const folder = temporaryFolder();
    const taken = 'events-20260603T000000Z-000001.jsonl.gz';
    writeFileSync(join(folder, taken), 'precious');
    const { sink, clock } = sinkOf(folder, { path: 'events.jsonl', rotate: { size: 10 } });
    clock.ms = Date.UTC(2026, 5, 3);
    await sink.open([schema]);
    await sink.write(batchOf(schema, 0, 3));
    await sink.close();
    expect(readFileSync(join(folder, taken), 'utf8')).toBe('precious');
    expect(filesIn(folder)).toHaveLength(4);
  });
});

describe('compression', () => {
  it.each([
    ['gzip', '.gz'],
    ['zstd', '.zst'],
  ])('%s: finished files hold the same lines', async (compress, suffix) => {
    const folder = temporaryFolder();
    const { sink } = sinkOf(folder, { path: 'events.jsonl', compress, rotate: { size: '100kB' }, mode: '0640' });
    await sink.open([schema]);
    for (let from = 0; from < 20_000; from += 1000) await sink.write(batchOf(schema, from, 1000));
    await sink.close();
    const files = filesIn(folder);
    expect(files.slice(0, -1).every((name) => name.endsWith(suffix))).toBe(true);
    expect(statSync(join(folder, files[0]!)).mode & 0o777).toBe(0o640);
    expect(numbersOf(linesIn(folder))).toEqual(countTo(20_000));
    expect(sink.counts).toMatchObject({ rotated: files.length - 1, compressed: files.length - 1 });
  });

  it('takes up at the start what was cut off', async () => {
    const folder = temporaryFolder();
    const name = (n: number) => join(folder, `events-20260101T000000Z-00000${n}.jsonl`);
    for (const n of [1, 2, 3]) writeFileSync(name(n), `{"seq":${n}}\n`);
    writeFileSync(`${name(1)}.gz.part`, 'half');
    writeFileSync(`${name(7)}.gz.part`, 'half of what was removed');
    spawnSync('gzip', ['-k', name(2)]);
    const whole = readFileSync(`${name(2)}.gz`);
    const { sink } = sinkOf(folder, { path: 'events.jsonl', compress: 'gzip', rotate: { size: 1000 } });
    await sink.open([schema]);
    await sink.close();
    expect(filesIn(folder).slice(0, 3)).toEqual([1, 2, 3].map((n) => `events-20260101T000000Z-00000${n}.jsonl.gz`));
    expect(filesIn(folder)).toHaveLength(4);
    expect(readFileSync(`${name(2)}.gz`)).toEqual(whole);
    expect(numbersOf(linesIn(folder).slice(0, 3))).toEqual([1, 2, 3]);
  });

  it('names the remedy when zstd is nowhere to be found', async () => {
    const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
    if (major > 22 || (major === 22 && minor >= 15)) return;
    const path = process.env.PATH;
    process.env.PATH = '/nowhere';
    try {
      const { sink } = sinkOf(temporaryFolder(), { path: 'x', compress: 'zstd', rotate: { size: 10 } });
      const remedy = 'install the package zstd, or write compress: gzip';
      await expect(sink.open([schema])).rejects.toMatchObject({ code: 'SKEP_SINK', remedy });
    } finally {
      process.env.PATH = path;
    }
  });
});
