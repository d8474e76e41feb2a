import { type ElfFile, textAt } from './elf-file.js';

/** A place in a file where a probe for tracers was compiled in (SystemTap's user space probes). */
export interface UsdtNote {
  readonly provider: string;
  readonly name: string;
  /** Virtual address. */
  readonly address: bigint;
  /** From the start of the file: where a user probe goes. */
  readonly offset: bigint;
  /** Virtual address of the counter that says whether anybody looks; 0n: the probe has none. */
  readonly semaphore: bigint;
  /** Its place in the file; 0n when there is none. */
  readonly semaphoreOffset: bigint;
  readonly arguments: readonly UsdtArgument[];
}

/** Where an argument is: `-4@%edx` is four signed bytes in edx. */
export interface UsdtArgument {
  readonly bytes: number;
  readonly isSigned: boolean;
  /** As the assembler writes it: `%edx`, `152(%rdi)`, `$7`. */
  readonly place: string;
}

const OWNER = 'stapsdt';
const TYPE = 3;

/**
 * The probes that a file carries, in the order of their notes: one entry for each place, so the same name may come more
 * than once. A note that makes no sense ends the list.
 *
 * @see https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation
 */
export function usdtNotes(file: ElfFile): UsdtNote[] {
  const section = file.section('.note.stapsdt');
  if (!section) return [];
  const bytes = file.data(section);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const base = file.section('.stapsdt.base')?.address;
  const found: UsdtNote[] = [];
  for (let at = 0; at + 12 <= bytes.length; ) {
    const [nameSize, size, type] = [
      view.getUint32(at, true),
      view.getUint32(at + 4, true),
      view.getUint32(at + 8, true),
    ];
    const from = at + 12 + align4(nameSize);
    const end = from + size;
    if (end > bytes.length) break;
    if (type === TYPE && textAt(bytes, at + 12) === OWNER && size >= 24) {
      const note = noteOf(file, bytes.subarray(from, end), base);
      if (note) found.push(note);
    }
    at = from + align4(size);
  }
  return found;
}

function noteOf(file: ElfFile, bytes: Uint8Array, base: bigint | undefined): UsdtNote | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [pc, noteBase, semaphore] = [0, 8, 16].map((at) => view.getBigUint64(at, true)) as [bigint, bigint, bigint];
  // A prelinked file has been moved since its notes were written; its base section has moved with it.
  const moved = base === undefined || base === 0n ? 0n : base - noteBase;
  const address = pc + moved;
  const offset = file.fileOffset(address);
  if (offset === undefined) return undefined;
  const provider = textAt(bytes, 24);
  const nameAt = 24 + Buffer.byteLength(provider) + 1;
  const name = textAt(bytes, nameAt);
  const text = textAt(bytes, nameAt + Buffer.byteLength(name) + 1);
  const counter = semaphore === 0n ? 0n : semaphore + moved;
  return {
    ...{ provider, name, address, offset },
    semaphore: counter,
    semaphoreOffset: counter === 0n ? 0n : (file.fileOffset(counter) ?? 0n),
    arguments: usdtArguments(text),
  };
}

/** `8@%rdx -4@%ecx 8@152(%rdi)`; what has no size is as wide as a register. */
export function usdtArguments(text: string): UsdtArgument[] {
  return text
    .split(/\s+(?=(?:-?\d+f?@)|[^,()\s]*$)/)
    .filter((one) => one !== '')
    .map((one) => {
      const [, sign = '', size = '8', place = one] = /^(-?)(\d+)f?@(.*)$/s.exec(one) ?? [];
      return { bytes: Number(size), isSigned: sign === '-', place: place.trim() };
    });
}

function align4(size: number): number {
  return Math.ceil(size / 4) * 4;
}
