import { describe, expect, it } from 'vitest';
import { cpio } from './cpio.js';

interface Member {
  readonly name: string;
  readonly mode: number;
  readonly data: string;
}

/** Read an archive the way the kernel does: a header of 110 characters, then name and data padded to four bytes. */
function read(archive: Buffer): Member[] {
  const members: Member[] = [];
  let at = 0;
  for (;;) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const name = archive.toString('utf8', at + 110, at + 110 + nameSize - 1);
    const start = Math.ceil((at + 110 + nameSize) / 4) * 4;
    if (name === 'TRAILER!!!') {
      expect(start).toBe(archive.length);
      return members;
    }
    members.push({ name, mode, data: archive.toString('latin1', start, start + size) });
    at = Math.ceil((start + size) / 4) * 4;
  }
}

describe('cpio', () => {
  it('holds folders, files and links with their types and modes', () => {
    const members = read(
      cpio([
        { path: 'bin' },
        { path: 'bin/busybox', data: Buffer.from('\x7fELF\0\x01'), mode: 0o755 },
        { path: 'bin/sh', target: 'busybox' },
        { path: 'empty', data: Buffer.alloc(0) },
      ]),
    );
    expect(members).toEqual([
      { name: 'bin', mode: 0o040755, data: '' },
      { name: 'bin/busybox', mode: 0o100755, data: '\x7fELF\0\x01' },
      { name: 'bin/sh', mode: 0o120777, data: 'busybox' },
      { name: 'empty', mode: 0o100644, data: '' },
    ]);
  });

  it('ends on a multiple of four for every length, so that another archive may follow', () => {
    for (let length = 0; length < 8; length += 1) {
      const archive = cpio([{ path: 'x'.repeat(length + 1), data: Buffer.alloc(length, 1) }]);
      expect(archive.length % 4).toBe(0);
      expect(read(archive)[0]!.data).toHaveLength(length);
    }
  });

  it('gives equal bytes for equal inputs', () => {
    const entries = [{ path: 'a', data: Buffer.from('b') }];
    expect(cpio(entries).equals(cpio(entries))).toBe(true);
  });
});
