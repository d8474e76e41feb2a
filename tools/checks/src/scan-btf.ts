import { cString } from '@skep/libbpf/btf';

/** Names of members by struct; members of anonymous structs and unions count as those of the struct around them. */
export type StructMembers = ReadonlyMap<string, ReadonlySet<string>>;

const STRUCT = 4;
const UNION = 5;

/** Bytes behind a type's common 12: `BYTES[kind] + EACH[kind] * vlen`, kinds as in include/uapi/linux/btf.h. */
const BYTES: readonly number[] = [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0];
const EACH: readonly number[] = [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12];

/**
 * The members of the structs and unions called `names` in a kernel's BTF. Walks over the bytes: a kernel has over a
 * hundred thousand types, of which an object each would take seconds.
 *
 * @throws RangeError when the bytes are not BTF, or hold a kind this code does not know.
 */
export function scanBtf(bytes: Uint8Array, names: ReadonlySet<string>): StructMembers {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24 || view.getUint16(0, true) !== 0xeb9f) throw new RangeError('not BTF');
  const header = view.getUint32(4, true);
  const begin = header + view.getUint32(8, true);
  const end = begin + view.getUint32(12, true);
  const strings = bytes.subarray(header + view.getUint32(16, true));
  const text = (offset: number) => cString(strings, offset);

  // Where each type begins, by id; 0 is void.
  const places: number[] = [0];
  const wanted = new Map<string, number[]>();
  for (let at = begin; at < end; ) {
    const info = view.getUint32(at + 4, true);
    const kind = (info >>> 24) & 0x1f;
    if (kind >= BYTES.length) throw new RangeError(`BTF kind ${kind} is newer than this check`);
    places.push(at);
    if (kind === STRUCT || kind === UNION) {
      const name = text(view.getUint32(at, true));
      if (names.has(name)) wanted.set(name, [...(wanted.get(name) ?? []), at]);
    }
    at += 12 + BYTES[kind]! + EACH[kind]! * (info & 0xffff);
  }

  function* members(at: number): Generator<string> {
    const count = view.getUint32(at + 4, true) & 0xffff;
    for (let i = 0; i < count; i++) {
      const member = at + 12 + i * 12;
      const name = text(view.getUint32(member, true));
      const type = places[view.getUint32(member + 4, true)]!;
      const kind = (view.getUint32(type + 4, true) >>> 24) & 0x1f;
      if (name !== '') yield name;
      else if (kind === STRUCT || kind === UNION) yield* members(type);
    }
  }
  // One name may stand for several types of different files.
  return new Map([...wanted].map(([name, all]) => [name, new Set(all.flatMap((at) => [...members(at)]))]));
}
