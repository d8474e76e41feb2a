import { notesOf, textAt, viewOf } from '@skep/elf';
import type { ElfFile } from './elf-file.js';

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
  const base = file.section('.stapsdt.base')?.address;
  return notesOf(file.data(section))
    .filter(({ owner, type, description }) => owner === OWNER && type === TYPE && description.length >= 24)
    .flatMap(({ description }) => noteOf(file, description, BigInt(base ?? 0)) ?? []);
}

function noteOf(file: ElfFile, bytes: Uint8Array, base: bigint): UsdtNote | undefined {
  const view = viewOf(bytes);
  const [pc, noteBase, semaphore] = [0, 8, 16].map((at) => view.getBigUint64(at, true)) as [bigint, bigint, bigint];
  // A prelinked file has been moved since its notes were written; its base section has moved with it.
  const moved = base === 0n ? 0n : base - noteBase;
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
