import { execFileSync } from 'node:child_process';
import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { batchOf, filesIn, linesOf, numbersOf, schemaOf, sinkOf, temporaryFolder } from './fixture.js';

const schema = schemaOf();

/** A file system of 64 KiB. */
function tinyDisk(): string {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  onTestFinished(() => void execFileSync('umount', [folder]));
  return folder;
}

it('a full disk rejects whole batches, tears no line, and is over when there is space again', async () => {
  const folder = tinyDisk();
  writeFileSync(join(folder, 'ballast'), Buffer.alloc(20_000));
  const { sink } = sinkOf(folder, { path: 'events.jsonl', tag: false, fsync: 'batch' });
  await sink.open([schema]);
  const delivered: number[] = [];
  let rejected = 0;
  const write = async (from: number) => {
    try {
      await sink.write(batchOf(schema, from, 300));
      for (let i = 0; i < 300; i++) delivered.push(from + i);
    } catch (error) {
      expect(error).toMatchObject({ code: 'SKEP_SINK', remedy: expect.stringContaining('free some space') });
      rejected++;
    }
  };
  for (let n = 0; n < 20; n++) {
    await write(n * 300);
    expect(numbersOf(linesOf(join(folder, 'events.jsonl')))).toEqual(delivered);
  }
  expect(rejected).toBeGreaterThan(5);
  expect(delivered.length).toBeGreaterThan(1000);
  const before = rejected;
  unlinkSync(join(folder, 'ballast'));
  await write(6000);
  await sink.close();
  expect(rejected).toBe(before);
  expect(numbersOf(linesOf(join(folder, 'events.jsonl')))).toEqual(delivered);
});

it('a full disk while rotating leaves whole lines in every file', async () => {
  const folder = tinyDisk();
  const { sink } = sinkOf(folder, { path: 'events.jsonl', tag: false, rotate: { size: '6kB' }, compress: 'gzip' });
  writeFileSync(join(folder, 'ballast'), Buffer.alloc(40_000));
  await sink.open([schema]);
  const settled: number[] = [];
  for (let n = 0; n < 40; n++) {
    const from = n * 200;
    await sink.write(batchOf(schema, from, 200)).then(
      () => settled.push(from),
      (error) => expect(error).toMatchObject({ code: 'SKEP_SINK' }),
    );
  }
  await sink.close();
  const plain = filesIn(folder).filter((name) => name.endsWith('.jsonl'));
  const numbers = plain.flatMap((name) => numbersOf(linesOf(join(folder, name))));
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(filesIn(folder).some((name) => name.endsWith('.part'))).toBe(false);
  expect(settled.length).toBeGreaterThan(3);
});
