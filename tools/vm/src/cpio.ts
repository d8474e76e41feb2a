/** One member of a newc archive. A file when it has `data`, a symbolic link when it has `target`, else a directory. */
export interface CpioEntry {
  readonly path: string;
  readonly data?: Uint8Array;
  readonly target?: string;
  readonly mode?: number;
}

const DIRECTORY = 0o040000;
const REGULAR = 0o100000;
const SYMLINK = 0o120000;

/**
 * A cpio archive in the newc format, the one the kernel unpacks as an initramfs.
 *
 * The kernel takes several archives one after the other as long as each begins on a multiple of four bytes; the result
 * is padded so that another may follow. Owner 0, time 0: equal inputs give equal bytes.
 *
 * @see https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
 */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = [];
  let inode = 1;
  for (const entry of entries) {
    parts.push(...member(entry, inode));
    inode += 1;
  }
  parts.push(...member({ path: 'TRAILER!!!', data: new Uint8Array(), mode: 0 }, 0));
  return Buffer.concat(parts);
}

function member(entry: CpioEntry, inode: number): Buffer[] {
  const data = entry.data ?? Buffer.from(entry.target ?? '');
  const name = Buffer.from(`${entry.path}\0`);
  const fields = [
    inode,
    modeOf(entry),
    0, // uid
    0, // gid
    1, // links
    0, // mtime
    data.length,
    0, // device of the file, major and minor
    0,
    0, // device it stands for, major and minor
    0,
    name.length,
    0, // checksum, unused in newc
  ];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length), Buffer.from(data), padding(data.length)];
}

function modeOf(entry: CpioEntry): number {
  if (entry.path === 'TRAILER!!!') return 0;
  if (entry.target !== undefined) return SYMLINK | 0o777;
  if (entry.data !== undefined) return REGULAR | (entry.mode ?? 0o644);
  return DIRECTORY | (entry.mode ?? 0o755);
}

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}
