import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes that are read piece by piece: programs of hundreds of megabytes are never read whole. */
export interface ByteSource {
  /** At most `length` bytes from `offset` on: fewer at the end. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/** A file that is the same as long as `key` is the same: device, inode, size and time of change. */
export interface FileIdentity {
  readonly key: string;
  readonly inode: number;
}

/** An open file. */
export class FileSource implements ByteSource {
  private readonly fd: number;
  readonly path: string;
  readonly identity: FileIdentity;
  readonly size: number;

  /** @throws the error of open(2); an error without a code for what is no regular file. */
  constructor(path: string) {
    this.path = path;
    // A FIFO under a name where a program is looked for must not hold up who opens it.
    this.fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(this.fd, { bigint: true });
    if (!stat.isFile()) {
      closeSync(this.fd);
      throw new Error(`${path} is no file`);
    }
    this.size = Number(stat.size);
    this.identity = { inode: Number(stat.ino), key: `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}` };
  }

  read(offset: number, length: number): Uint8Array {
    // A header may ask for far more than there is.
    return readAt(this.fd, offset, Math.max(0, Math.min(length, this.size - offset)));
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** Bytes that are in memory already; what is read are views of them. */
export class MemorySource implements ByteSource {
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  read(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, offset + length);
  }

  close(): void {}
}

/** `length` bytes of an open file from `offset` on, or as many as there are. */
export function readAt(fd: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let got = 0;
  while (got < length) {
    const n = readSync(fd, bytes, got, length - got, offset + got);
    if (n === 0) break;
    got += n;
  }
  return bytes.subarray(0, got);
}
