import { closeSync, openSync } from 'node:fs';
import { MemorySource, readAt } from '@skep/elf';

/** A copy of part of this process's own memory, whose first byte is at `address`. */
export function ownMemory(address: number, length: number): MemorySource {
  const fd = openSync('/proc/self/mem', 'r');
  try {
    return new MemorySource(readAt(fd, address, length));
  } finally {
    closeSync(fd);
  }
}
