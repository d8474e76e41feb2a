import type { ByteSource } from './byte-source.js';

/** What of an ELF file is needed to find a symbol for a place in it. */
export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly entrySize: number;
}

/** A piece of the file that is mapped: bytes `offset .. offset + size` lie at `address` of the program. */
export interface Segment {
  readonly offset: number;
  readonly size: number;
  readonly address: number;
}

export interface ElfHeaders {
  readonly segments: readonly Segment[];
  readonly sections: readonly ElfSection[];
}

const PT_LOAD = 1;
/** Files are written by whoever is traced: no table of one is read beyond this. */
const MAX_HEADERS = 4096;
const MAX_NAMES = 1 << 20;

/** The headers of a little-endian 64-bit ELF file; undefined for anything else. */
export function readElfHeaders(source: ByteSource): ElfHeaders | undefined {
  const head = source.read(0, 64);
  if (head.length < 64) return undefined;
  const view = viewOf(head);
  if (view.getUint32(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) return undefined;
  const segments = readTable(source, u64(view, 32), view.getUint16(54, true), view.getUint16(56, true), 56)
    .filter((entry) => entry.getUint32(0, true) === PT_LOAD)
    .map((entry) => ({ offset: u64(entry, 8), address: u64(entry, 16), size: u64(entry, 32) }));
  const sections = readTable(source, u64(view, 40), view.getUint16(58, true), view.getUint16(60, true), 64).map(
    (entry) => ({
      nameAt: entry.getUint32(0, true),
      type: entry.getUint32(4, true),
      offset: u64(entry, 24),
      size: u64(entry, 32),
      link: entry.getUint32(40, true),
      entrySize: u64(entry, 56),
    }),
  );
  const table = sections[view.getUint16(62, true)];
  const names = table ? source.read(table.offset, Math.min(table.size, MAX_NAMES)) : new Uint8Array();
  return { segments, sections: sections.map(({ nameAt, ...rest }) => ({ name: textAt(names, nameAt), ...rest })) };
}

function readTable(source: ByteSource, offset: number, entrySize: number, count: number, least: number): DataView[] {
  if (offset === 0 || entrySize < least) return [];
  const entries = Math.min(count, MAX_HEADERS);
  const bytes = source.read(offset, entries * entrySize);
  const whole = Math.floor(bytes.length / entrySize);
  return Array.from({ length: whole }, (_, i) => viewOf(bytes.subarray(i * entrySize, (i + 1) * entrySize)));
}

/** Where a byte of the file lies in the program; undefined when it is not mapped. */
export function addressOf(segments: readonly Segment[], fileOffset: number): number | undefined {
  const found = segments.find(({ offset, size }) => fileOffset >= offset && fileOffset < offset + size);
  return found && fileOffset - found.offset + found.address;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number of a header; those beyond 2^53 are no places in a file, and lose their last bits. */
export function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

const utf8 = new TextDecoder();

/** The text at `at`, up to its NUL. */
export function textAt(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, at);
  return utf8.decode(bytes.subarray(at, end < 0 ? bytes.length : end));
}
