import type { BtfMember, BtfType } from './btf.js';

const KINDS: Readonly<Record<Exclude<BtfType['kind'], 'void' | 'var' | 'datasec' | 'decl_tag'>, number>> = {
  int: 1,
  ptr: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  fwd: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  func: 12,
  func_proto: 13,
  float: 16,
  type_tag: 18,
};
const ENUM64 = 19;
const HEADER_BYTES = 24;

/**
 * The bytes of BTF with these types; the first is `void`. Variables, sections and tags are not written: kernels are
 * described without.
 */
export function writeBtf(types: readonly BtfType[]): Uint8Array {
  const words: number[] = [];
  const strings = new Map<string, number>([['', 0]]);
  const texts = ['\0'];
  let end = 1;
  const text = (name: string): number => {
    let at = strings.get(name);
    if (at === undefined) {
      at = end;
      strings.set(name, at);
      texts.push(`${name}\0`);
      end += Buffer.byteLength(name) + 1;
    }
    return at;
  };
  for (const type of types.slice(1)) words.push(...record(type, text));
  const strings_ = Buffer.from(texts.join(''));
  const header = [0x1_eb9f, HEADER_BYTES, 0, words.length * 4, words.length * 4, strings_.length];
  return Buffer.concat([
    new Uint8Array(Uint32Array.from([...header]).buffer),
    new Uint8Array(Uint32Array.from(words).buffer),
    strings_,
  ]);
}

function record(type: BtfType, text: (name: string) => number): number[] {
  switch (type.kind) {
    case 'int': {
      const encoding = (type.signed ? 1 : 0) | (type.bool ? 4 : 0);
      return [...head(KINDS.int, type.name, type.size), (encoding << 24) | (type.size * 8)];
    }
    case 'ptr':
    case 'const':
    case 'volatile':
    case 'restrict':
      return head(KINDS[type.kind], '', type.type);
    case 'typedef':
    case 'func':
    case 'type_tag':
      return head(KINDS[type.kind], type.name, type.type);
    case 'array':
      return [...head(KINDS.array, '', 0), type.type, type.type, type.count];
    case 'struct':
    case 'union': {
      const hasBits = type.members.some(({ bits }) => bits > 0);
      const offset = ({ bits, offsetBits }: BtfMember) => (hasBits ? (bits << 24) | offsetBits : offsetBits);
      const members = type.members.flatMap((member) => [text(member.name), member.type, offset(member)]);
      return [...head(KINDS[type.kind], type.name, type.size, type.members.length, hasBits), ...members];
    }
    case 'enum': {
      const isLong = type.size === 8;
      const values = type.values.flatMap(([name, value]) => [
        text(name),
        value | 0,
        ...(isLong ? [Math.floor(value / 2 ** 32)] : []),
      ]);
      return [...head(isLong ? ENUM64 : KINDS.enum, type.name, type.size, type.values.length, type.signed), ...values];
    }
    case 'fwd':
      return head(KINDS.fwd, type.name, 0);
    case 'float':
      return head(KINDS.float, type.name, type.size);
    case 'func_proto':
      return [...head(KINDS.func_proto, '', type.returns, type.params.length), ...type.params.flatMap((id) => [0, id])];
    default:
      throw new TypeError(`BTF of kind ${type.kind} is not written`);
  }

  function head(kind: number, name: string, sizeOrType: number, count = 0, flag = false): number[] {
    return [text(name), ((flag ? 1 : 0) << 31) | (kind << 24) | count, sizeOrType];
  }
}
