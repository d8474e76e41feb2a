import {
  ENTRY_HEAD_BYTES,
  type EntryKind,
  type FormatVersion,
  LOSSES,
  MOST_BLOCK_BYTES,
  type RecordedEntry,
  ROWS,
  STACKS,
} from './format.js';
import { RecordedStacks } from './recorded-stacks.js';
import { StackReader } from './stack-reader.js';

/** Most bytes of stacks that wait for the entries that refer to them. */
const MOST_WAITING_BYTES = 4 * MOST_BLOCK_BYTES;

/** Reads the entries of blocks, in their order, and gives each the stacks that were told before it. */
export class EntryReader {
  private readonly streams: number;
  private readonly version: FormatVersion;
  private readonly reader = new StackReader();
  private readonly waiting = new Map<number, { readonly stacks: RecordedStacks; bytes: number }>();
  private waitingBytes = 0;

  constructor(streams: number, version: FormatVersion) {
    this.streams = streams;
    this.version = version;
  }

  /** @throws RangeError when the block holds what no recorder writes. */
  read(block: Buffer): RecordedEntry[] {
    const entries: RecordedEntry[] = [];
    for (let at = 0; at < block.length; ) {
      if (at + ENTRY_HEAD_BYTES > block.length) throw new RangeError('half an entry');
      const length = block.readUInt32LE(at);
      const kind = block.readUInt8(at + 4) as EntryKind | typeof STACKS;
      const stream = block.readUInt16LE(at + 5);
      const timeMs = block.readDoubleLE(at + 7);
      const isKnown = kind >= 1 && kind <= (this.version > 1 ? ROWS : LOSSES);
      const isSound = stream < this.streams && timeMs >= 0 && length >= ENTRY_HEAD_BYTES;
      if (!isKnown || !isSound || at + length > block.length) throw new RangeError('an entry that is none');
      const data = block.subarray(at + ENTRY_HEAD_BYTES, at + length);
      if (kind === STACKS) this.keep(stream, data);
      else entries.push({ kind, stream, timeMs, data, stacks: kind === LOSSES ? undefined : this.stacksOf(stream) });
      at += length;
    }
    return entries;
  }

  private keep(stream: number, data: Buffer): void {
    const waiting = this.waiting.get(stream) ?? { stacks: new RecordedStacks(), bytes: 0 };
    this.waiting.set(stream, waiting);
    waiting.bytes += data.length;
    this.waitingBytes += data.length;
    if (this.waitingBytes > MOST_WAITING_BYTES) throw new RangeError('stacks that nothing refers to');
    this.reader.read(data, waiting.stacks);
  }

  private stacksOf(stream: number): RecordedStacks | undefined {
    const waiting = this.waiting.get(stream);
    this.waiting.delete(stream);
    this.waitingBytes -= waiting?.bytes ?? 0;
    return waiting?.stacks;
  }
}
