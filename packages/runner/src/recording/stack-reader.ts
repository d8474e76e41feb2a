import type { RecordedStacks } from './recorded-stacks.js';
import { MOST_FRAME_BYTES, SAME } from './stack-writer.js';

/** Reads what `StackWriter` writes. */
export class StackReader {
  private frames: string[] = [];
  private bytes = 0;

  /** @throws RangeError when the data is not what a recorder writes. */
  read(data: Buffer, into: RecordedStacks): void {
    let at = 0;
    const take = (bytes: number): number => {
      if (at + bytes > data.length) throw new RangeError('it ends early');
      at += bytes;
      return at - bytes;
    };
    const u32 = () => data.readUInt32LE(take(4));
    this.begin(u32());
    for (let left = u32(); left > 0; left--) {
      const bytes = u32();
      const from = take(bytes);
      this.frames.push(data.toString('utf8', from, from + bytes));
      this.bytes += bytes;
    }
    const list = (count: number) => {
      // Before memory is taken for what a broken count promises.
      if (count * 4 > data.length - at) throw new RangeError('it ends early');
      return Array.from({ length: count }, () => this.frame(u32()));
    };
    for (let left = u32(); left > 0; left--) {
      const half = u32();
      const pid = u32();
      const id = data.readBigUInt64LE(take(8));
      const names = list(u32());
      const count = u32();
      const table = count === SAME ? names : list(count);
      if (half > 1) throw new RangeError('a half that is neither');
      into.add(half === 1 ? 'user' : 'kernel', id, pid, { names, table });
    }
    if (at !== data.length) throw new RangeError('it goes on');
  }

  private begin(first: number): void {
    if (first === 0) {
      this.frames = [];
      this.bytes = 0;
    } else if (first !== this.frames.length || this.bytes > MOST_FRAME_BYTES)
      throw new RangeError('frames are missing');
  }

  private frame(number: number): string {
    const frame = this.frames[number];
    if (frame === undefined) throw new RangeError('a frame that nothing told of');
    return frame;
  }
}
