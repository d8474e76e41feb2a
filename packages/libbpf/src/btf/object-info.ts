import { SkepError } from '@skep/core';
import { type Btf, parseBtf, resolve, sizeOf } from './btf.js';
import { type Elf, readElf } from './elf.js';
import { memberDocs, type RecordLayout, recordLayout } from './members.js';

/** A program of an object: its name, and its section, which says where it attaches. */
export interface ProgramInfo {
  readonly name: string;
  readonly section: string;
}

/** A variable of .rodata, .data or .bss, at `offset` of that section's map. */
export interface VariableInfo {
  readonly name: string;
  readonly section: string;
  readonly offset: number;
  readonly size: number;
  readonly type: number;
  /** The value it has without being set. */
  readonly initial: Uint8Array;
}

export interface SnapshotInfo {
  readonly name: string;
  readonly key: RecordLayout;
  readonly value: RecordLayout;
}

/** Everything an object file says of itself. Needs no kernel and no libbpf: it is how docs and schemas are made. */
export interface ObjectInfo {
  readonly btf: Btf;
  readonly programs: readonly ProgramInfo[];
  readonly maps: readonly string[];
  /** Record layouts by ring. */
  readonly rings: ReadonlyMap<string, RecordLayout>;
  readonly snapshots: ReadonlyMap<string, SnapshotInfo>;
  readonly variables: ReadonlyMap<string, VariableInfo>;
}

/** What there is to say of a plugin without an object. */
export const NO_OBJECT_INFO: ObjectInfo = {
  btf: { types: [{ kind: 'void' }] },
  programs: [],
  maps: [],
  rings: new Map(),
  snapshots: new Map(),
  variables: new Map(),
};

const STT_FUNC = 2;

/**
 * Read an object built with `<skep/probe.bpf.h>`.
 *
 * @throws SkepError SKEP_SCHEMA when it is not a BPF object with BTF, or a member cannot be a column.
 */
export function readObject(bytes: Uint8Array): ObjectInfo {
  const elf = readElf(bytes);
  const section = elf.sections.find(({ name }) => name === '.BTF');
  if (!section) throw new SkepError('SKEP_SCHEMA', 'the object has no BTF', 'compile it with clang -g');
  const btf = parseBtf(section.data);
  const variables = readVariables(elf, btf);
  const docs = memberDocs(btf);
  const rings = new Map<string, RecordLayout>();
  const snapshots = new Map<string, SnapshotInfo>();
  for (const variable of variables.values()) {
    const ring = after(variable.name, 'skep_record_');
    if (ring !== undefined) rings.set(ring, recordLayout(btf, pointee(btf, variable.type), ring, docs));
    const snapshot = after(variable.name, 'skep_value_');
    if (snapshot === undefined) continue;
    const key = variables.get(`skep_key_${snapshot}`)?.type;
    if (key === undefined) throw new SkepError('SKEP_SCHEMA', `snapshot "${snapshot}" has no skep_key_${snapshot}`);
    snapshots.set(snapshot, {
      name: snapshot,
      key: recordLayout(btf, pointee(btf, key), 'key', docs),
      value: recordLayout(btf, pointee(btf, variable.type), 'value', docs),
    });
  }
  return { btf, programs: readPrograms(elf), maps: readMaps(btf), rings, snapshots, variables };
}

function after(name: string, prefix: string): string | undefined {
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

function pointee(btf: Btf, id: number): number {
  const { type } = resolve(btf, id);
  if (type.kind !== 'ptr') throw new SkepError('SKEP_SCHEMA', 'a record variable must be a pointer');
  return type.type;
}

/** Functions in a section of their own; those in .text are subprograms. */
function readPrograms(elf: Elf): ProgramInfo[] {
  return elf.symbols
    .filter(({ type, section }) => type === STT_FUNC && elf.sections[section]?.name !== '.text')
    .map(({ name, section }) => ({ name, section: elf.sections[section]!.name }));
}

/** clang leaves offsets of variables to relocations, so they are taken from the symbol table, as libbpf does. */
function readVariables(elf: Elf, btf: Btf): ReadonlyMap<string, VariableInfo> {
  const types = new Map<string, number>();
  for (const type of btf.types) if (type.kind === 'var') types.set(type.name, type.type);
  const variables = new Map<string, VariableInfo>();
  for (const symbol of elf.symbols) {
    const section = elf.sections[symbol.section];
    const type = types.get(symbol.name);
    if (!section || type === undefined || !/^\.(rodata|data|bss)/.test(section.name)) continue;
    const size = sizeOf(btf, type);
    const initial = section.data.slice(symbol.value, symbol.value + size);
    variables.set(symbol.name, { name: symbol.name, section: section.name, offset: symbol.value, size, type, initial });
  }
  return variables;
}

/** Names of the maps in `.maps`. */
function readMaps(btf: Btf): string[] {
  const variables = btf.types
    .flatMap((section) => (section.kind === 'datasec' && section.name === '.maps' ? section.vars : []))
    .map(({ type }) => btf.types[type]);
  return variables.flatMap((variable) => (variable?.kind === 'var' ? [variable.name] : []));
}
