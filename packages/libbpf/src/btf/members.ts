import { type ColumnType, type Field, type Member, SkepError } from '@skep/core';
import { type Btf, type BtfType, resolve, sizeOf } from './btf.js';

/** A struct's layout: its members as columns, and its size. */
export interface RecordLayout {
  readonly name: string;
  readonly size: number;
  readonly members: readonly Member[];
  /** Members of type `skep_hist_t`: name and byte offset of the 64 counters. */
  readonly histograms: readonly { readonly name: string; readonly offset: number; readonly doc: string }[];
}

/** Members of this name are for alignment and never become columns. */
const PADDING = /^_*(pad|padding|reserved)\d*$/;

/**
 * The layout of the struct `id`. A type that is no struct (a map keyed by a plain integer) is a single column `name`.
 *
 * @throws SkepError SKEP_SCHEMA naming the member that cannot be a column (nested struct, bit field, pointer).
 */
export function recordLayout(btf: Btf, id: number, name: string, docs: ReadonlyMap<string, string>): RecordLayout {
  const { type, id: target } = resolve(btf, id);
  if (type.kind !== 'struct') {
    const field = fieldOf(btf, id, name, '');
    return { name, size: sizeOf(btf, id), members: [{ field, offset: 0 }], histograms: [] };
  }
  const members: Member[] = [];
  const pid = type.members.find((member) => member.name === 'pid');
  const histograms: { name: string; offset: number; doc: string }[] = [];
  for (const [i, member] of type.members.entries()) {
    if (PADDING.test(member.name)) continue;
    const where = `member "${member.name}" of struct ${type.name}`;
    if (member.bits > 0) throw new SkepError('SKEP_SCHEMA', `${where} is a bit field`, 'use an integer of whole bytes');
    const doc = docs.get(`${target}:${i}`) ?? '';
    const offset = member.offsetBits / 8;
    const { typedef } = resolve(btf, member.type);
    const half = STACKS.get(typedef ?? '');
    if (half) {
      if (half === 'user' && !pid) {
        throw new SkepError('SKEP_SCHEMA', `${where} is a user stack of nobody`, 'add a member "__u32 pid" beside it');
      }
      const field = framesField(member.name, doc);
      members.push({ field, offset, stack: { half, pidOffset: pid ? pid.offsetBits / 8 : offset } });
    } else if (typedef === 'skep_hist_t') histograms.push({ name: member.name, offset, doc });
    else members.push({ field: fieldOf(btf, member.type, member.name, doc, where), offset });
  }
  return { name: type.name, size: type.size, members, histograms };
}

/** Typedefs of stack ids: which half of the stack it is. */
const STACKS: ReadonlyMap<string, 'kernel' | 'user'> = new Map([
  ['skep_kernel_stack_t', 'kernel'],
  ['skep_user_stack_t', 'user'],
]);

/** Names of frames, in place of the id. */
export function framesField(name: string, doc: string): Field {
  return { name, type: 'bytes', meaning: 'skep_frames', doc, size: 0, labels: undefined };
}

function fieldOf(btf: Btf, id: number, name: string, doc: string, where = name): Field {
  const { type, typedef } = resolve(btf, id);
  const size = sizeOf(btf, id);
  const meaning = typedef?.startsWith('skep_') ? typedef : undefined;
  if (type.kind === 'int') return { name, type: integerType(type), meaning, doc, size, labels: undefined };
  if (type.kind === 'enum') {
    const labels = new Map(
      stripPrefix(type.values.map(([label]) => label)).map((label, i) => [type.values[i]![1], label]),
    );
    const width = `${type.signed ? 'i' : 'u'}${type.size * 8}` as ColumnType;
    return { name, type: width, meaning, doc, size, labels };
  }
  if (type.kind === 'array') {
    const element = resolve(btf, type.type);
    if (element.type.kind === 'int' && element.type.size === 1) {
      const named = meaning ?? (element.typedef?.startsWith('skep_') ? element.typedef : undefined);
      return { name, type: 'bytes', meaning: named ?? plainBytes(element), doc, size, labels: undefined };
    }
  }
  throw new SkepError('SKEP_SCHEMA', `${where} cannot be a column`, 'columns are integers, enums, and arrays of bytes');
}

/** `char x[8]` is text; `__u8 x[8]` is bytes. */
function plainBytes(element: { readonly type: BtfType }): string {
  return element.type.kind === 'int' && element.type.name === 'char' ? 'skep_text_t' : 'skep_bytes_t';
}

function integerType(type: Extract<BtfType, { kind: 'int' }>): ColumnType {
  if (type.bool) return 'bool';
  return `${type.signed ? 'i' : 'u'}${type.size * 8}` as ColumnType;
}

/** `VEC_hi, VEC_timer` -> `hi, timer`: enumerators share one name space in C, labels need not. */
function stripPrefix(labels: readonly string[]): string[] {
  const first = labels[0] ?? '';
  let cut = 0;
  for (let i = 0; i < first.length; i++) {
    if (!labels.every((label) => label[i] === first[i])) break;
    if (first[i] === '_') cut = i + 1;
  }
  return labels.map((label) => label.slice(cut));
}

/** Texts of `SKEP_DOC`, by `<struct id>:<member index>`. */
export function memberDocs(btf: Btf): ReadonlyMap<string, string> {
  const docs = new Map<string, string>();
  for (const type of btf.types) {
    if (type.kind === 'decl_tag' && type.name.startsWith('doc:')) {
      docs.set(`${type.type}:${type.component}`, type.name.slice(4));
    }
  }
  return docs;
}
