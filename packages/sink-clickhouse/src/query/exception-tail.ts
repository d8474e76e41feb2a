/**
 * The bytes of an answer without the exception that may end it: that is thrown.
 *
 * Servers from 25.11 on, and the store process, put what goes wrong after the first rows between marks that hold a random tag of the
 * answer's head, so that no value of a row can look like it. From older ones answers come whole, or not at all.
 */
export async function* withoutException(
  chunks: AsyncIterable<Uint8Array>,
  tag: string | undefined,
): AsyncGenerator<Uint8Array> {
  if (tag === undefined) {
    yield* chunks;
    return;
  }
  const mark = Buffer.from(`\r\n__exception__\r\n${tag}\r\n`);
  let held: Buffer = Buffer.alloc(0);
  let exception: Buffer | undefined;
  for await (const chunk of chunks) {
    if (exception) {
      exception = Buffer.concat([exception, chunk]);
      continue;
    }
    const bytes =
      held.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([held, chunk]);
    const at = bytes.indexOf(mark);
    if (at >= 0) {
      if (at > 0) yield bytes.subarray(0, at);
      exception = bytes.subarray(at + mark.length);
      continue;
    }
    // The mark may begin in this piece and end in the next one.
    const free = Math.max(0, bytes.length - (mark.length - 1));
    if (free > 0) yield bytes.subarray(0, free);
    held = bytes.subarray(free);
  }
  if (exception) throw new Error(messageOf(exception.toString(), tag));
  if (held.length > 0) yield held;
}

/** The text up to `<length> <tag>`. */
function messageOf(text: string, tag: string): string {
  const end = text.search(new RegExp(`\\n\\d+ ${tag}\\r\\n`));
  return (end < 0 ? text : text.slice(0, end)).trim();
}
