import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTracefs } from '@skep/libbpf';
import type { Place } from '../spec/place.js';

/** Members of a tracepoint's record that are texts of any length: the record holds where they lie. */
export function dataLocations({ kind, library, name }: Place): ReadonlySet<string> {
  if (kind !== 't') return new Set();
  try {
    const format = readFileSync(join(findTracefs() ?? '', 'events', library, name, 'format'), 'utf8');
    return new Set([...format.matchAll(/field:__data_loc [^;]*?(\w+);/g)].map(([, member]) => member!));
  } catch {
    return new Set(); // what is wrong is said when it is attached
  }
}

/** `args->comm` of such a member becomes the address of its text. */
export function withDataLocations(code: string, members: ReadonlySet<string>): string {
  return code.replace(/\bargs\s*->\s*(\w+)\b/g, (whole, member: string) =>
    members.has(member) ? `((char *)args + (args->data_loc_${member} & 0xffff))` : whole,
  );
}
