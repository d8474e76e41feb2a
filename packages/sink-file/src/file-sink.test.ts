import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchOf, countTo, filesIn, linesOf, numbersOf, schemaOf, sinkOf, temporaryFolder } from './fixture.js';
import plugin from './index.js';

const schema = schemaOf();

describe('writing', () => {
  it('appends tagged JSON lines behind what is there', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'events.jsonl');
    writeFileSync(path, '{"seq":0}\n');
    const { sink } = sinkOf(folder, { path: './events.jsonl' });
    await sink.open([schema]);
    await sink.write(batchOf(schema, 1, 2));
    await sink.write({ ...batchOf(schema, 9, 1), rows: 0 });
    await sink.close();
    expect(linesOf(path)).toEqual([
      '{"seq":0}',
      '{"source":"opens","stream":"opens","seq":1}',
      '{"source":"opens","stream":"opens","seq":2}',
    ]);
  });

  it('creates file and folders for their owner alone, or as mode says whatever the umask', async () => {
    const folder = temporaryFolder();
    for (const [path, mode] of [
      ['a/b/c.jsonl', 0o600],
      ['d/e.jsonl', 0o666],
    ] as const) {
      const { sink } = sinkOf(folder, { path, mode: mode.toString(8).padStart(4, '0') });
      await sink.open([schema]);
      await sink.close();
      expect(statSync(join(folder, path)).mode & 0o777).toBe(mode);
    }
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'a/b')).mode & 0o777).toBe(0o700);
  });

  it('keeps overlapping writes of several streams apart', async () => {
    const folder = temporaryFolder();
    const schemas = [schema, schemaOf('closes')];
    const { sink } = sinkOf(folder, { path: 'events.jsonl', fsync: 'batch' });
    await sink.open(schemas);
    await Promise.all(countTo(40).map((i) => sink.write(batchOf(schemas[i % 2]!, i * 100, 100))));
    await sink.close();
    expect(numbersOf(linesOf(join(folder, 'events.jsonl')))).toEqual(countTo(4000));
  });

  it('writes each stream into its own CSV file under one header', async () => {
    const folder = temporaryFolder();
    const schemas = [schema, schemaOf('closes', ['seq', 'fd'])];
    for (const from of [0, 1]) {
      const { sink } = sinkOf(folder, { path: '{source}/{stream}.csv', format: 'csv' });
      await sink.open(schemas);
      for (const each of schemas) await sink.write(batchOf(each, from, 1));
      await sink.close();
    }
    expect(linesOf(join(folder, 'opens/opens.csv'))).toEqual(['seq', '0', '1']);
    expect(linesOf(join(folder, 'opens/closes.csv'))).toEqual(['seq,fd', '0,0', '1,0']);
  });

  it('sets a CSV file with other columns aside instead of mixing them', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'opens.csv'), 'pid,fd\n1,2\n');
    const { sink, logged } = sinkOf(folder, { path: '{stream}.csv', format: 'csv' });
    await sink.open([schema]);
    await sink.write(batchOf(schema, 7, 1));
    await sink.close();
    const [old] = filesIn(folder).filter((name) => name !== 'opens.csv');
    expect(linesOf(join(folder, old!))).toEqual(['pid,fd', '1,2']);
    expect(linesOf(join(folder, 'opens.csv'))).toEqual(['seq', '7']);
    expect(logged.join()).toContain('other columns');
  });

  it('follows a reload: streams that stay keep their file, others are opened and closed', async () => {
    const folder = temporaryFolder();
    const closes = schemaOf('closes');
    const { sink } = sinkOf(folder, { path: '{stream}.csv', format: 'csv' });
    await sink.open([schema]);
    await sink.write(batchOf(schema, 0, 1));
    await sink.open([schema, closes]);
    await sink.write(batchOf(schema, 1, 1));
    await sink.write(batchOf(closes, 2, 1));
    await sink.open([closes]);
    await expect(sink.write(batchOf(schema, 3, 1))).rejects.toMatchObject({ code: 'SKEP_INTERNAL' });
    await sink.close();
    expect(linesOf(join(folder, 'opens.csv'))).toEqual(['seq', '0', '1']);
    expect(linesOf(join(folder, 'closes.csv'))).toEqual(['seq', '2']);
  });

  it('begins a file a day when the path has a date, and keeps the last ones', async () => {
    const folder = temporaryFolder();
    const { sink, clock } = sinkOf(folder, { path: 'log/{date}/x-{date}.jsonl', keep: 2, compress: 'gzip' });
    const day = (n: number) => Date.UTC(2026, 0, n, 23, 59, 59);
    clock.ms = day(1);
    await sink.open([schema]);
    for (const n of [1, 2, 3, 4, 5]) {
      clock.ms = day(n);
      await sink.write(batchOf(schema, n, 1));
    }
    await sink.close();
    const found = [1, 2, 3, 4, 5].flatMap((n) => filesIn(join(folder, `log/2026-01-0${n}`)));
    expect(found).toEqual(['x-2026-01-03.jsonl.gz', 'x-2026-01-04.jsonl.gz', 'x-2026-01-05.jsonl']);
  });
});

describe('what it refuses', () => {
  const refused = async (folder: string, raw: Readonly<Record<string, unknown>>, schemas = [schema]) => {
    const { sink } = sinkOf(folder, raw);
    return sink.open(schemas).then(
      () => 'nothing',
      (error) => `${error.code}: ${error.message}`,
    );
  };

  it('symbolic links, folders, sockets of nobody and unread FIFOs', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'target'), '');
    symlinkSync('target', join(folder, 'link'));
    mkdirSync(join(folder, 'dir'));
    spawnSync('mkfifo', [join(folder, 'fifo')]);
    expect(await refused(folder, { path: 'link' })).toMatch(/^SKEP_SINK: .*symbolic link/);
    expect(await refused(folder, { path: 'dir' })).toMatch(/^SKEP_SINK: .*not a regular file/);
    expect(await refused(folder, { path: 'fifo' })).toMatch(/^SKEP_SINK: .*no process reads/);
    expect(await refused(folder, { path: 'target/x' })).toMatch(/^SKEP_SINK: sink archive: cannot open .*not a folder/);
    expect(statSync(join(folder, 'target')).size).toBe(0);
  });

  it('names that could lead out of the folder', async () => {
    const folder = temporaryFolder();
    for (const name of ['..', '../x', 'a/b', '.hidden', '', 'a\0b', 'a\nb']) {
      const evil = schemaOf('opens', ['seq'], name);
      expect(await refused(folder, { path: '{source}.jsonl' }, [evil])).toMatch(/^SKEP_SINK: .*cannot be part/);
    }
    expect(filesIn(folder)).toEqual([]);
  });

  it('a CSV file for two streams', async () => {
    const schemas = [schema, schemaOf('opens', ['seq'], 'others')];
    const raw = { path: '{stream}.csv', format: 'csv' };
    expect(await refused(temporaryFolder(), raw, schemas)).toMatch(/^SKEP_OPTION: .*would share the CSV file/);
  });

  it.each<[Readonly<Record<string, unknown>>, string]>([
    [{}, 'needs option "path"'],
    [{ path: 'logs/' }, 'names a folder'],
    [{ path: '{sorce}.jsonl' }, 'unknown placeholder {sorce}'],
    [{ path: 'x', mode: '9' }, 'is not a mode'],
    [{ path: 'x', compress: 'zstd' }, 'no file is ever finished'],
    [{ path: 'x', rotate: { keep: 3 } }, 'no file is ever finished'],
  ])('%j', (raw, message) => {
    expect(() => sinkOf('/tmp', raw)).toThrow(message);
  });
});

describe('faults', () => {
  it('repairs a torn last line and keeps its bytes', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'events.jsonl');
    const long = 'x'.repeat(200_000);
    for (const torn of ['{"seq":', long]) {
      appendFileSync(path, `{"seq":0}\n${torn}`);
      const { sink, logged } = sinkOf(folder, { path });
      await sink.open([schema]);
      await sink.close();
      expect(logged.join()).toContain(`its ${torn.length} bytes were moved`);
      expect(sink.counts.torn).toBe(1);
    }
    expect(linesOf(path)).toEqual(['{"seq":0}', '{"seq":0}']);
    expect(readFileSync(`${path}.torn`, 'utf8')).toBe(`{"seq":\n${long}\n`);
  });

  it('repairs a file that is one torn line', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'x'), 'abc');
    const { sink } = sinkOf(folder, { path: 'x' });
    await sink.open([schema]);
    await sink.close();
    expect(filesIn(folder).map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(['', 'abc\n']);
  });

  it('writes to /dev/null, and fails at each write to /dev/full', async () => {
    const raw = { rotate: { size: '10', keep: 1 } };
    const { sink: null_ } = sinkOf('/', { ...raw, path: '/dev/null' });
    await null_.open([schema]);
    await null_.write(batchOf(schema, 0, 100));
    await null_.flush();
    await null_.close();
    const { sink: full } = sinkOf('/', { ...raw, path: '/dev/full' });
    await full.open([schema]);
    for (let i = 0; i < 3; i++) {
      await expect(full.write(batchOf(schema, 0, 10))).rejects.toMatchObject({
        code: 'SKEP_SINK',
        message: 'sink archive: cannot write to /dev/full: no space is left on the device',
      });
    }
    await full.close();
  });

  it('writes to a FIFO that is read, header first, and says when the reader is gone', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'fifo');
    spawnSync('mkfifo', [path]);
    const reader = spawn('head', ['-n', '3', path], { stdio: ['ignore', 'pipe', 'ignore'] });
    let read = '';
    reader.stdout.setEncoding('utf8').on('data', (text: string) => {
      read += text;
    });
    // Asked for before the last line is written: the reader may be gone before the write has settled here.
    const closed = once(reader, 'close');
    const { sink } = sinkOf(folder, { path: 'fifo', format: 'csv' });
    await expect.poll(() => sink.open([schema]).then(() => 'open')).toBe('open');
    await sink.write(batchOf(schema, 0, 1));
    await sink.write(batchOf(schema, 1, 1));
    await closed;
    expect(read).toBe('seq\n0\n1\n');
    await expect(sink.write(batchOf(schema, 2, 1))).rejects.toThrow('nobody reads it any more');
    await expect(sink.write(batchOf(schema, 2, 1))).rejects.toThrow('no process reads this FIFO');
    await sink.close();
  });

  it.each(['removed', 'replaced'])('opens a file again that was %s', async (what) => {
    const folder = temporaryFolder();
    const path = join(folder, 'events.jsonl');
    const { sink, logged } = sinkOf(folder, { path });
    await sink.open([schema]);
    await sink.write(batchOf(schema, 0, 1));
    if (what === 'removed') unlinkSync(path);
    else {
      renameSync(path, `${path}.1`);
      writeFileSync(path, '');
    }
    await sink.flush();
    expect(statSync(path).size).toBe(0);
    await sink.write(batchOf(schema, 1, 1));
    await sink.close();
    expect(numbersOf(linesOf(path))).toEqual([1]);
    expect(logged).toHaveLength(1);
    expect(sink.counts.reopened).toBe(1);
  });

  it('goes on behind a file that was truncated from outside', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'events.jsonl');
    const { sink } = sinkOf(folder, { path, rotate: { size: '1kB' } });
    await sink.open([schema]);
    await sink.write(batchOf(schema, 0, 10));
    writeFileSync(path, '');
    await sink.write(batchOf(schema, 10, 10));
    await sink.close();
    expect(numbersOf(linesOf(path))).toEqual(countTo(20).slice(10));
    expect(filesIn(folder)).toEqual(['events.jsonl']);
  });

  it('forces rows to the disk at intervals', async () => {
    const folder = temporaryFolder();
    const { sink } = sinkOf(folder, { path: 'x', fsync: 'interval', fsync_interval: '10ms' });
    await sink.open([schema]);
    await sink.write(batchOf(schema, 0, 1));
    renameSync(join(folder, 'x'), join(folder, 'y'));
    await expect.poll(() => filesIn(folder)).toEqual(['x', 'y']);
    await sink.close();
    expect(sink.counts.syncsFailed).toBe(0);
  });
});

it('is a sink plugin', () => {
  expect(plugin[Symbol.for('skep.sink')]).toBe(1);
  expect(Object.keys(plugin.options!)).toContain('path');
});

it('says so where no folder can be made, instead of trying for ever', async () => {
  const { sink } = sinkOf('/', { path: '/proc/none/of/this/rows.jsonl' });
  await expect(sink.open([schemaOf()])).rejects.toMatchObject({
    code: 'SKEP_SINK',
    message: expect.stringContaining('/proc'),
  });
});
