import { encodingOf, fixedWidth } from '../schema/representation.js';
import { createSink } from './create-writer.js';
import type { TextSink } from './text-sink.js';
import { varuint } from './varuint.js';

const utf8 = new TextDecoder();

/**
 * The same rows with other types: a block that was sealed for one server, in the types of the tables of another. Servers
 * before 23.3 convert nothing, and later ones take the nanoseconds of an `Int64` for seconds.
 *
 * @param block a block as `BlockBuilder` makes it
 * @param types of the columns that change, by name; each interchangeable with the one it replaces
 * @throws Error when the block is none, or has a type that skep does not write.
 */
export function recodeBlock(block: Uint8Array, types: ReadonlyMap<string, string>): Uint8Array[] {
  const reader = new BlockReader(block);
  const columns = reader.varuint();
  const rows = reader.varuint();
  const parts = [varuint(columns), varuint(rows)];
  for (let n = 0; n < columns; n++) {
    const name = reader.text();
    const type = reader.text();
    const wanted = types.get(utf8.decode(name)) ?? utf8.decode(type);
    parts.push(
      lengthAnd(name),
      lengthAnd(Buffer.from(wanted)),
      ...recodeColumn(reader, rows, utf8.decode(type), wanted),
    );
  }
  if (reader.at !== block.length) throw new Error(`the block has ${block.length - reader.at} bytes too many`);
  return parts;
}

function recodeColumn(reader: BlockReader, rows: number, from: string, to: string): Uint8Array[] {
  const encoding = encodingOf(from);
  if (encoding === 'fixed') return [reader.bytes(rows * fixedWidth(from))];
  const hasKeys = encoding === 'dictionary' || encoding === 'dictionaries';
  // Once per column, before the ends of lists.
  if (hasKeys) reader.bytes(8);
  const isList = encoding === 'strings' || encoding === 'dictionaries';
  const ends = isList ? [reader.bytes(rows * 8)] : [];
  const values = isList ? lastOf(ends[0]!) : rows;
  const sink = createSink(encodingOf(to));
  if (values > 0) (hasKeys ? putKeyed : putStrings)(reader, values, sink);
  return [...sink.prefix, ...ends, ...sink.take()];
}

function putStrings(reader: BlockReader, count: number, sink: TextSink): void {
  for (let n = 0; n < count; n++) {
    const value = reader.text();
    sink.put(value, 0, value.length);
  }
}

function putKeyed(reader: BlockReader, count: number, sink: TextSink): void {
  const width = 1 << (reader.u64() & 0xff);
  const keys = Array.from({ length: reader.u64() }, () => reader.text());
  if (reader.u64() !== count) throw new Error('a dictionary has not as many indexes as rows');
  const indexes = Buffer.from(reader.bytes(count * width));
  for (let n = 0; n < count; n++) {
    const key = keys[indexes.readUIntLE(n * width, width)];
    if (!key) throw new Error('an index is beyond its dictionary');
    sink.put(key, 0, key.length);
  }
}

function lastOf(ends: Uint8Array): number {
  return ends.length === 0 ? 0 : new BlockReader(ends.subarray(ends.length - 8)).u64();
}

function lengthAnd(text: Uint8Array): Uint8Array {
  return Buffer.concat([varuint(text.length), text]);
}

/** Reads the parts of a block one after the other; nothing beyond its end. */
class BlockReader {
  private readonly data: Uint8Array;
  at = 0;

  constructor(data: Uint8Array) {
    this.data = data;
  }

  bytes(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.data.length) throw new Error('the block ends too early');
    const bytes = this.data.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  varuint(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 0x80) {
      const byte = this.bytes(1)[0]!;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  }

  text(): Uint8Array {
    return this.bytes(this.varuint());
  }

  u64(): number {
    const bytes = this.bytes(8);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    return view.getUint32(0, true) + view.getUint32(4, true) * 0x1_0000_0000;
  }
}
