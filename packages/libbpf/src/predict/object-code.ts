import { SkepError } from '@skep/core';
import { type Btf, cString, type Elf, type ElfSymbol, parseBtf, readElf, readHeader } from '../btf/index.js';
import { type Instruction, readInstructions } from './instruction.js';

/** What an address in a program stands for until it is loaded. */
export type Reference =
  | { readonly kind: 'map'; readonly name: string }
  | { readonly kind: 'data'; readonly section: string; readonly offset: number }
  | { readonly kind: 'code'; readonly section: number; readonly instruction: number }
  | { readonly kind: 'extern'; readonly name: string };

/** A place in a program that the loader fills in from the kernel's types. */
export interface CoreRelocation {
  /** `enum bpf_core_relo_kind` */
  readonly kind: number;
  /** Id of the type in the object's own BTF. */
  readonly type: number;
  /** Which member, by indexes: `0:2:1`. */
  readonly access: string;
}

export interface CodeSection {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  readonly references: ReadonlyMap<number, Reference>;
  readonly core: ReadonlyMap<number, CoreRelocation>;
}

/** Where a function begins: the index of its section, and of its first instruction there. */
export interface CodePlace {
  readonly section: number;
  readonly instruction: number;
}

/** The programs of an object as they stand in the file, for analysis. */
export interface ObjectCode {
  readonly btf: Btf;
  /** By index of their ELF section. */
  readonly sections: ReadonlyMap<number, CodeSection>;
  readonly programs: ReadonlyMap<string, CodePlace>;
  /** Sections of variables, as the file has them. */
  readonly data: ReadonlyMap<string, Uint8Array>;
}

const SHT_REL = 9;
const STT_SECTION = 3;
const STT_FUNC = 2;

/** @throws SkepError SKEP_SCHEMA when the bytes are not a BPF object with BTF. */
export function readCode(bytes: Uint8Array): ObjectCode {
  const elf = readElf(bytes);
  const sectionNamed = (name: string) => elf.sections.find((section) => section.name === name);
  const btfSection = sectionNamed('.BTF');
  if (!btfSection) throw new SkepError('SKEP_SCHEMA', 'the object has no BTF', 'compile it with clang -g');
  const extension = sectionNamed('.BTF.ext');
  const core = extension ? readCoreRelocations(extension.data, btfSection.data) : new Map<string, never>();
  const sections = new Map<number, CodeSection>();
  for (const { index, name, isCode, data } of elf.sections) {
    if (!isCode || data.length === 0) continue;
    const instructions = readInstructions(data);
    const references = readReferences(elf, index, instructions);
    sections.set(index, { name, instructions, references, core: core.get(name) ?? new Map() });
  }
  const programs = new Map<string, CodePlace>();
  for (const { name, type, section, value } of elf.symbols) {
    if (type === STT_FUNC) programs.set(name, { section, instruction: value / 8 });
  }
  const data = new Map(
    elf.sections.filter(({ name }) => /^\.(rodata|data|bss)/.test(name)).map((one) => [one.name, one.data]),
  );
  return { btf: parseBtf(btfSection.data), sections, programs, data };
}

function readReferences(elf: Elf, target: number, instructions: readonly Instruction[]): Map<number, Reference> {
  const references = new Map<number, Reference>();
  for (const table of elf.sections) {
    if (table.type !== SHT_REL || table.info !== target) continue;
    const view = new DataView(table.data.buffer, table.data.byteOffset, table.data.byteLength);
    for (let at = 0; at + 16 <= table.data.length; at += 16) {
      const place = Number(view.getBigUint64(at, true)) / 8;
      const symbol = elf.symbols[view.getUint32(at + 12, true)];
      const instruction = instructions[place];
      if (symbol && instruction) references.set(place, referenceOf(elf, symbol, instruction));
    }
  }
  return references;
}

function referenceOf(elf: Elf, symbol: ElfSymbol, { code, imm }: Instruction): Reference {
  const section = elf.sections[symbol.section];
  if (symbol.section === 0 || !section) return { kind: 'extern', name: symbol.name };
  if (section.isCode) {
    // clang counts a call's target from the start of the section, in instructions and less one, when the symbol is the section.
    const base = symbol.value / 8;
    const isCall = (code & 7) === 5;
    const extra = symbol.type === STT_SECTION ? (isCall ? imm + 1 : imm / 8) : 0;
    return { kind: 'code', section: symbol.section, instruction: base + extra };
  }
  if (section.name === '.maps') return { kind: 'map', name: symbol.name };
  // A static variable is its section's symbol, and the rest of its address is in the instruction.
  return { kind: 'data', section: section.name, offset: symbol.value + (symbol.type === STT_SECTION ? imm : 0) };
}

/** By section, then by instruction. @see https://docs.kernel.org/bpf/btf.html#btf-ext-section */
function readCoreRelocations(bytes: Uint8Array, btf: Uint8Array): Map<string, Map<number, CoreRelocation>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number) => view.getUint32(at, true);
  const { strings } = readHeader(btf);
  const all = new Map<string, Map<number, CoreRelocation>>();
  const header = u32(4);
  // Older versions of the section end before the fields of CO-RE.
  if (header < 32) return all;
  let at = header + u32(24);
  const end = at + u32(28);
  if (at === end) return all;
  const size = u32(at);
  at += 4;
  while (at < end) {
    const name = cString(strings, u32(at));
    const count = u32(at + 4);
    at += 8;
    const section = all.get(name) ?? new Map<number, CoreRelocation>();
    all.set(name, section);
    for (let i = 0; i < count; i++, at += size) {
      section.set(u32(at) / 8, { type: u32(at + 4), access: cString(strings, u32(at + 8)), kind: u32(at + 12) });
    }
  }
  return all;
}
