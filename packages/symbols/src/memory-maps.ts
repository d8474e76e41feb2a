/** One executable mapping of a process, a line of /proc/PID/maps. */
export interface Mapping {
  readonly start: number;
  /** Behind its last byte. */
  readonly end: number;
  /** Byte of the file that lies at `start`. */
  readonly offset: number;
  /** `8:1` and the inode, as the kernel has them; 0 for memory without a file. */
  readonly inode: number;
  /** As the process's own mount namespace has it, or `[vdso]`; '' for memory without a file. */
  readonly path: string;
  readonly isDeleted: boolean;
}

const LINE = /^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) [0-9a-f]+:[0-9a-f]+ (\d+) *(.*)$/;
const DELETED = ' (deleted)';

/** The executable mappings, by rising addresses, as the kernel writes them. */
export function parseMaps(text: string): Mapping[] {
  return text.split('\n').flatMap((line) => {
    const match = LINE.exec(line);
    if (!match) return [];
    const [, start, end, offset, inode, name] = match as unknown as [string, string, string, string, string, string];
    const isDeleted = name.endsWith(DELETED);
    // The kernel writes a newline of a path as \012, so that a line stays one.
    const path = (isDeleted ? name.slice(0, -DELETED.length) : name).replaceAll('\\012', '\n');
    return [
      {
        start: Number.parseInt(start, 16),
        end: Number.parseInt(end, 16),
        offset: Number.parseInt(offset, 16),
        inode: Number(inode),
        path,
        isDeleted,
      },
    ];
  });
}

/** The mapping that holds `address`. */
export function mappingOf(mappings: readonly Mapping[], address: number): Mapping | undefined {
  let low = 0;
  let high = mappings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (mappings[middle]!.start <= address) low = middle + 1;
    else high = middle;
  }
  const found = mappings[low - 1];
  return found && address < found.end ? found : undefined;
}
