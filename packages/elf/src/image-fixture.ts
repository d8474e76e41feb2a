/** A section of an image made for a test. */
export interface TestSection {
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
  readonly flags?: number;
  readonly address?: number;
  readonly link?: number;
  readonly info?: number;
}

const HEADER = 64;
const SEGMENT = 56;
const SECTION = 64;

/** A 64-bit ELF file with one mapped segment, of `load` bytes from its start on, at `address`. */
export function image(sections: readonly TestSection[], { address = 0x400000, load = 0x1000 } = {}): Uint8Array {
  const names = strings(['', ...sections.map(({ name }) => name), '.shstrtab']);
  const all: TestSection[] = [
    { name: '', type: 0, data: new Uint8Array(0) },
    ...sections,
    { name: '.shstrtab', type: 3, data: names.bytes },
  ];
  const starts: number[] = [];
  let end = HEADER + SEGMENT;
  for (const { data } of all) {
    starts.push(end);
    end = Math.ceil((end + data.length) / 8) * 8;
  }
  const bytes = new Uint8Array(end + all.length * SECTION);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setBigUint64(32, BigInt(HEADER), true);
  view.setBigUint64(40, BigInt(end), true);
  for (const [at, value] of [SEGMENT, 1, SECTION, all.length, all.length - 1].entries())
    view.setUint16(54 + at * 2, value, true);
  view.setUint32(HEADER, 1, true);
  view.setBigUint64(HEADER + 16, BigInt(address), true);
  view.setBigUint64(HEADER + 32, BigInt(load), true);
  for (const [i, section] of all.entries()) {
    const at = end + i * SECTION;
    bytes.set(section.data, starts[i]);
    view.setUint32(at, names.at(section.name), true);
    view.setUint32(at + 4, section.type, true);
    view.setBigUint64(at + 8, BigInt(section.flags ?? 0), true);
    view.setBigUint64(at + 16, BigInt(section.address ?? 0), true);
    view.setBigUint64(at + 24, BigInt(starts[i]!), true);
    view.setBigUint64(at + 32, BigInt(section.data.length), true);
    view.setUint32(at + 40, section.link ?? 0, true);
    view.setUint32(at + 44, section.info ?? 0, true);
  }
  return bytes;
}

/** Texts with a NUL behind each, and where each begins. */
export function strings(texts: readonly string[]): { bytes: Uint8Array; at(text: string): number } {
  const bytes = Buffer.from(texts.map((text) => `${text}\0`).join(''));
  return { bytes, at: (text) => (text === '' ? 0 : bytes.indexOf(`\0${text}\0`) + 1) };
}

/** An entry of a table of symbols. */
export function symbol(name: number, info: number, section: number, value: bigint, size: bigint): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, name, true);
  view.setUint8(4, info);
  view.setUint16(6, section, true);
  view.setBigUint64(8, value, true);
  view.setBigUint64(16, size, true);
  return bytes;
}

/** A note, its owner and its description filled up to four bytes. */
export function note(owner: string, type: number, description: Uint8Array): Uint8Array {
  const head = Buffer.alloc(12);
  const name = Buffer.from(`${owner}\0`);
  head.writeUInt32LE(name.length, 0);
  head.writeUInt32LE(description.length, 4);
  head.writeUInt32LE(type, 8);
  return Buffer.concat([head, name, filler(name.length), description, filler(description.length)]);
}

function filler(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}
