import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes that are read piece by piece: programs of hundreds of megabytes are never read whole. */
export interface ByteSource {
  /** At most `length` bytes from `offset` on: fewer at the end. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/** A file that is the same as long as this is the same: device, inode, size and time of change. */
export interface FileIdentity {
  readonly key: string;
  readonly inode: number;
  readonly uid: number;
}

export class FileSource implements ByteSource {
  private readonly fd: number;
  readonly identity: FileIdentity;
  readonly size: number;

  /** @throws the error of open(2). */
  constructor(path: string) {
    this.fd = openSync(path, 'r');
    const { dev, ino, size, mtimeNs, uid, isFile } = withIsFile(this.fd);
    if (!isFile) {
      closeSync(this.fd);
      throw new Error(`${path} is no file`);
    }
    this.size = size;
    this.identity = { inode: Number(ino), key: `${dev}:${ino}:${size}:${mtimeNs}`, uid };
  }

  read(offset: number, length: number): Uint8Array {
    // A header may ask for far more than there is.
    return readAt(this.fd, offset, Math.max(0, Math.min(length, this.size - offset)));
  }

  close(): void {
    closeSync(this.fd);
  }
}

function withIsFile(fd: number) {
  const stat = fstatSync(fd, { bigint: true });
  return { ...stat, size: Number(stat.size), uid: Number(stat.uid), isFile: stat.isFile() };
}

function readAt(fd: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let got = 0;
  while (got < length) {
    const n = readSync(fd, bytes, got, length - got, offset + got);
    if (n === 0) break;
    got += n;
  }
  return bytes.subarray(0, got);
}

/** Part of this process's own memory, whose first byte is at `address`. */
export class OwnMemory implements ByteSource {
  private readonly bytes: Uint8Array;

  constructor(address: number, length: number) {
    const fd = openSync('/proc/self/mem', 'r');
    try {
      this.bytes = readAt(fd, address, length);
    } finally {
      closeSync(fd);
    }
  }

  read(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, offset + length);
  }

  close(): void {}
}
