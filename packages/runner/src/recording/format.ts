import type { RecordedStacks } from './recorded-stacks.js';

/**
 * A recording is a magic text and then blocks. A block is three little-endian words (bytes of the payload, bytes of it
 * inflated, CRC-32 of the payload) and the payload, raw deflate. The first block is the header as JSON; each other
 * holds entries, one behind the other: bytes (u32), kind (u8), stream (u16), milliseconds since the start (f64), data.
 *
 * Entries of kind STACKS, in version 2 alone, are names of what the next entry of their stream refers to; see
 * `StackWriter`. Those of kind ROWS, in version 2 as well, are batches of a probe that makes its rows itself.
 */
const MAGICS = { 1: Buffer.from('SKEPREC1\n', 'latin1'), 2: Buffer.from('SKEPREC2\n', 'latin1') } as const;
export const MAGIC_BYTES = MAGICS[1].length;

/** 2 has stacks and rows: a skep that knows 1 alone refuses it. What has neither is written as 1. */
export type FormatVersion = keyof typeof MAGICS;

export function magicOf(version: FormatVersion): Buffer {
  return MAGICS[version];
}

/** Undefined when the file is no recording; `newer` when it is one of a format to come. */
export function versionOf(magic: Buffer): FormatVersion | 'newer' | undefined {
  for (const version of [1, 2] as const) if (magic.equals(MAGICS[version])) return version;
  return magic.length === MAGIC_BYTES && magic.subarray(0, 7).equals(MAGICS[1].subarray(0, 7)) ? 'newer' : undefined;
}

export const BLOCK_HEAD_BYTES = 12;
/** Data of an entry begins behind its length, kind, stream and time. */
export const ENTRY_HEAD_BYTES = 15;
/** Largest block that is read: a recording may come from a stranger. */
export const MOST_BLOCK_BYTES = 64 * 2 ** 20;
/** A block is closed when it holds this much, so that little is lost with a torn end. */
export const BLOCK_BYTES = 256 * 1024;
export const MOST_STREAMS = 65_536;

export const EVENTS = 1;
export const SNAPSHOT = 2;
export const LOSSES = 3;
export const STACKS = 4;
export const ROWS = 5;

export type EntryKind = typeof EVENTS | typeof SNAPSHOT | typeof LOSSES | typeof ROWS;

/** One drain of a stream, as it was recorded. */
export interface RecordedEntry {
  readonly kind: EntryKind;
  /** Index into the streams of the header. */
  readonly stream: number;
  readonly timeMs: number;
  readonly data: Buffer;
  /** The stacks that its records refer to. */
  readonly stacks: RecordedStacks | undefined;
}
