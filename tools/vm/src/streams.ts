import type { Readable, Writable } from 'node:stream';

/** Keep the last `limit` bytes of a stream, and pass all of it on at the speed of the taker. */
export function collect(from: Readable, into: Writable | undefined, limit: number): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  from.on('data', (chunk: Buffer) => {
    if (limit > 0) {
      chunks.push(chunk);
      size += chunk.length;
      while (size - chunks[0]!.length > limit) size -= chunks.shift()!.length;
    }
    if (into !== undefined && !into.destroyed && !into.write(chunk)) {
      from.pause();
      into.once('drain', () => from.resume());
    }
  });
  from.on('error', () => {}); // a killed QEMU resets its sockets
  return () => Buffer.concat(chunks);
}

/** Call `take` with every whole line. */
export function onLines(from: Readable, take: (line: string) => void): void {
  let rest = '';
  from.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    lines.forEach(take);
  });
  from.on('error', () => {}); // as above
}
