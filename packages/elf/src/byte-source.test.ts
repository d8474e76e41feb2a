import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileSource } from './index.js';

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-elf-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');

  it('gives what it has of what is asked for', () => {
    writeFileSync(path, 'abcdef');
    const source = new FileSource(path);
    const text = (offset: number, length: number) => Buffer.from(source.read(offset, length)).toString();
    expect([source.size, text(0, 3), text(4, 2 ** 53), text(6, 1), text(2 ** 60, 1), text(2, -1)]).toEqual([
      6,
      'abc',
      'ef',
      '',
      '',
      '',
    ]);
    source.close();
  });

  it('is another one once its bytes are', () => {
    const identity = () => {
      const source = new FileSource(path);
      source.close();
      return source.identity;
    };
    writeFileSync(path, 'one');
    const [first, again] = [identity(), identity()];
    writeFileSync(path, 'three');
    expect(again).toEqual(first);
    expect(identity().inode).toBe(first.inode);
    expect(identity().key).not.toBe(first.key);
  });

  it('is no folder, and nothing that is not there', () => {
    expect(() => new FileSource(folder)).toThrow(/is no file/);
    expect(() => new FileSource(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it.skipIf(spawnSync('mkfifo', ['--version']).error)('is no FIFO, and does not wait for who writes into one', () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    expect(() => new FileSource(fifo)).toThrow(/is no file/);
  });
});
