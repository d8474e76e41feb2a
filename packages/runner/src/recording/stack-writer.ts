import type { NamedStack } from '@skep/libbpf';
import type { EntryBuffer } from './entry-buffer.js';

/** When texts of frames take more than this, numbering begins anew: whoever reads keeps no more than that. */
export const MOST_FRAME_BYTES = 16 * 2 ** 20;
/** In place of the number of frames: those of the table are the names. */
export const SAME = 0xffffffff;

/**
 * Writes the data of entries of kind STACKS: frames that are new, then stacks as lists of the numbers of their frames.
 * A frame stands in the file once, as long as its number is known.
 *
 * Data, all u32 unless said otherwise: number of the first new frame (0: those before are forgotten); how many; of each
 * its bytes and the UTF-8 text. How many stacks; of each the half (0: kernel, 1: user), process, id (u64), then its
 * frames as names and as a table shows them: how many, and their numbers, root first.
 */
export class StackWriter {
  private readonly numbers = new Map<string, number>();
  private bytes = 0;

  write(stacks: readonly NamedStack[], into: EntryBuffer): void {
    if (this.bytes > MOST_FRAME_BYTES) this.forget();
    const first = this.numbers.size;
    const fresh: Buffer[] = [];
    const numbered = stacks.map(({ names, table }) => ({
      names: this.numbersOf(names, fresh),
      table: table === names ? undefined : this.numbersOf(table, fresh),
    }));
    into.u32(first);
    into.u32(fresh.length);
    for (const text of fresh) {
      into.u32(text.length);
      into.raw(text);
    }
    into.u32(stacks.length);
    for (const [i, { half, pid, id }] of stacks.entries()) {
      const { names, table } = numbered[i]!;
      into.u32(half === 'user' ? 1 : 0);
      into.u32(pid);
      into.u64(id);
      writeList(names, into);
      if (table) writeList(table, into);
      else into.u32(SAME);
    }
  }

  private forget(): void {
    this.numbers.clear();
    this.bytes = 0;
  }

  private numbersOf(text: string, fresh: Buffer[]): number[] {
    return text.split(';').map((frame) => {
      const known = this.numbers.get(frame);
      if (known !== undefined) return known;
      const number = this.numbers.size;
      const bytes = Buffer.from(frame);
      fresh.push(bytes);
      this.numbers.set(frame, number);
      this.bytes += bytes.length;
      return number;
    });
  }
}

function writeList(numbers: readonly number[], into: EntryBuffer): void {
  into.u32(numbers.length);
  for (const number of numbers) into.u32(number);
}
