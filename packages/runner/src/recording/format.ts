/**
 * A recording is a magic text and then blocks. A block is three little-endian words (bytes of the payload, bytes of it
 * inflated, CRC-32 of the payload) and the payload, raw deflate. The first block is the header as JSON; each other
 * holds entries, one behind the other: bytes (u32), kind (u8), stream (u16), milliseconds since the start (f64), data.
 */
export const MAGIC = Buffer.from('SKEPREC1\n', 'latin1');
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

export type EntryKind = typeof EVENTS | typeof SNAPSHOT | typeof LOSSES;

/** One drain of a stream, as it was recorded. */
export interface RecordedEntry {
  readonly kind: EntryKind;
  /** Index into the streams of the header. */
  readonly stream: number;
  readonly timeMs: number;
  readonly data: Buffer;
}
