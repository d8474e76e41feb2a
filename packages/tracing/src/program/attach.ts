import type { AttachEntry } from '@skep/libbcc';
import { libraryFile } from '../place/library.js';
import type { Place } from '../spec/place.js';
import { isSyscall } from './words.js';

/** How function `fn` of the program is attached to what a specifier names. */
export function attachTo(place: Place, fn: string, pid?: number): AttachEntry {
  const { kind, library, name, offset } = place;
  const process = pid === undefined ? {} : { pid };
  if (kind === 't') return { kind: 'tracepoint', tp: `${library}:${name}`, fn };
  if (kind === 'u') return { kind: 'usdt', probe: name, path: libraryFile(library, pid), fn, ...process };
  const isReturn = kind === 'r';
  if (library === '') {
    return {
      kind: isReturn ? 'kretprobe' : 'kprobe',
      event: name,
      fn,
      ...(isReturn ? {} : { offset: Number(offset) }),
    };
  }
  const at = isReturn ? {} : { offset: Number(offset) };
  return { kind: isReturn ? 'uretprobe' : 'uprobe', name: libraryFile(library, pid), sym: name, fn, ...at, ...process };
}

/**
 * The name a function must have in the program: that of a system call begins with `syscall__`, by which libbcc knows that
 * its parameters are in the caller's registers.
 */
export function functionName(place: Place, name: string): string {
  return place.kind === 'p' && isSyscall(place) ? `syscall__${name}` : name;
}
