import { cString, readElf, readHeader } from '../btf/index.js';

/** A line of the source, as the compiler noted it. Lines and columns count from 1. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** Where each instruction comes from. */
export interface SourceLines {
  /** The line of an instruction of a section (`tp_btf/sched_switch`); undefined without debug information. */
  at(section: string, instruction: number): SourceLine | undefined;
}

interface Entry extends SourceLine {
  readonly instruction: number;
}

/** Read the line information of an object. @see https://docs.kernel.org/bpf/btf.html#btf-ext-section */
export function readSourceLines(bytes: Uint8Array): SourceLines {
  const { sections } = readElf(bytes);
  const dataOf = (name: string) => sections.find((section) => section.name === name)?.data;
  const [btf, extension] = [dataOf('.BTF'), dataOf('.BTF.ext')];
  const entries = btf && extension ? readEntries(extension, btf) : new Map<string, Entry[]>();
  return {
    at: (section, instruction) => entries.get(section)?.findLast((entry) => entry.instruction <= instruction),
  };
}

function readEntries(bytes: Uint8Array, btf: Uint8Array): Map<string, Entry[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number) => view.getUint32(at, true);
  const { strings } = readHeader(btf);
  const all = new Map<string, Entry[]>();
  let at = u32(4) + u32(16);
  const end = at + u32(20);
  if (at === end) return all;
  const size = u32(at);
  at += 4;
  while (at < end) {
    const section = cString(strings, u32(at));
    const count = u32(at + 4);
    at += 8;
    const entries: Entry[] = [];
    for (let i = 0; i < count; i++, at += size) {
      const place = u32(at + 12);
      entries.push({
        instruction: u32(at) / 8,
        file: cString(strings, u32(at + 4)),
        text: cString(strings, u32(at + 8)),
        line: place >>> 10,
        column: place & 0x3ff,
      });
    }
    all.set(section, entries);
  }
  return all;
}
