import * as zlib from 'node:zlib';
import type { ByteSource } from './byte-source.js';
import { ElfError } from './elf-error.js';
import { type ElfSection, SHT } from './elf-section.js';
import { u64, viewOf } from './views.js';

/** Before compressed bytes: the way they are compressed, and their size once they are not. */
const COMPRESSION_HEADER = 24;
const ELFCOMPRESS_ZLIB = 1;
const ELFCOMPRESS_ZSTD = 2;

type Decompress = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

/**
 * The bytes of a section, decompressed where they are compressed; none for one without bytes in the file.
 *
 * @param most larger sections are refused, by the size that they have decompressed
 * @throws ElfError when the section is larger, the file ends before it does, or it cannot be decompressed.
 */
export function sectionData(source: ByteSource, section: ElfSection, most: number): Uint8Array {
  const { name, type, offset, size } = section;
  if (type === SHT.NOBITS) return new Uint8Array(0);
  if (size > most) throw new ElfError(`section ${name} of ${size} bytes is too large`);
  const bytes = source.read(offset, size);
  if (bytes.length < size) throw new ElfError(`section ${name} runs past its end`);
  return section.isCompressed ? decompressed(name, bytes, most) : bytes;
}

/**
 * Bytes `from .. from + length` of a section that is not compressed, as many as there are.
 *
 * @throws ElfError when the section is compressed.
 */
export function sectionPart(source: ByteSource, section: ElfSection, from: number, length: number): Uint8Array {
  const { name, type, offset, size, isCompressed } = section;
  if (isCompressed) throw new ElfError(`section ${name} is compressed`);
  const most = type === SHT.NOBITS ? 0 : Math.max(0, Math.min(length, size - from));
  return most === 0 ? new Uint8Array(0) : source.read(offset + from, most);
}

/**
 * The size of a section in bytes, decompressed, which is what it says of itself.
 *
 * @throws ElfError when the file ends too early.
 */
export function sectionSize(source: ByteSource, section: ElfSection): number {
  const { name, offset, size, isCompressed } = section;
  if (!isCompressed) return size;
  return sizeOf(name, source.read(offset, Math.min(size, COMPRESSION_HEADER)));
}

function sizeOf(name: string, bytes: Uint8Array): number {
  if (bytes.length < COMPRESSION_HEADER) throw new ElfError(`section ${name} runs past its end`);
  return u64(viewOf(bytes), 8);
}

function decompressed(name: string, bytes: Uint8Array, most: number): Uint8Array {
  const size = sizeOf(name, bytes);
  const view = viewOf(bytes);
  if (size > most) throw new ElfError(`section ${name} of ${size} bytes is too large`);
  if (size === 0) return new Uint8Array(0);
  const decompress = decompressor(view.getUint32(0, true));
  if (!decompress) throw new ElfError(`section ${name} is compressed in a way that this Node.js does not know`);
  let data: Uint8Array;
  try {
    // More than it says it has is an error of zlib's: what it grows to is never taken on trust.
    data = decompress(bytes.subarray(COMPRESSION_HEADER), { maxOutputLength: size });
  } catch (cause) {
    throw new ElfError(`section ${name} cannot be decompressed`, { cause });
  }
  if (data.length < size) throw new ElfError(`section ${name} runs past its end`);
  return data;
}

function decompressor(type: number): Decompress | undefined {
  if (type === ELFCOMPRESS_ZLIB) return zlib.inflateSync;
  // Node.js has it from 22.15 on.
  if (type === ELFCOMPRESS_ZSTD) return (zlib as { zstdDecompressSync?: Decompress }).zstdDecompressSync;
  return undefined;
}
