import { resolveIn, sizeIn, type TypeLookup, type TypeTable } from '../btf/index.js';
import { areTypesCompatible, matchSpec } from './core-match.js';
import { describeSpec, essentialName, isQuestion, localSpec, nameOf, RELOCATION, type Spec } from './core-spec.js';
import type { CoreRelocation } from './object-code.js';

/** What a relocation becomes on a kernel. */
export type Relocated =
  /** `load` is for instructions that move the member itself: the bytes they move there, or undefined if they cannot. */
  | { readonly state: 'value'; readonly value: bigint; readonly load?: number | undefined }
  /** libbpf writes an instruction that no kernel accepts; it matters only if it can be reached. */
  | { readonly state: 'poisoned'; readonly reason: string }
  /** libbpf refuses the whole program. */
  | { readonly state: 'refused'; readonly reason: string }
  | { readonly state: 'unknown'; readonly reason: string };

/**
 * Resolve a relocation against a kernel's types, as libbpf does: candidates of the same kind and essential name in
 * the kernel itself, only then in its modules.
 *
 * @see https://docs.kernel.org/bpf/llvm_reloc.html#co-re-relocations
 */
export function relocate(local: TypeLookup, relocation: CoreRelocation, tables: Iterable<TypeTable>): Relocated {
  const { kind, type: root } = relocation;
  if (kind === RELOCATION.TYPE_ID_LOCAL) return { state: 'value', value: BigInt(root) };
  const spec = localSpec(local, relocation);
  const own = local(root);
  if (!spec || !own) return { state: 'refused', reason: `a relocation of the object is damaged: ${relocation.access}` };
  const what = describeSpec(local, spec);
  const isMatch = kind === RELOCATION.TYPE_MATCHES;
  const candidates = candidatesOf(own.kind, essentialName(nameOf(own)), tables);
  const answers: Answer[] = [];
  for (const { id, type } of candidates) {
    const sides = { local, target: type };
    if (isMatch) {
      if (areTypesCompatible(sides, root, id)) {
        return { state: 'unknown', reason: `whether ${what} matches to the last member is not compared` };
      }
      continue;
    }
    const found = matchSpec(sides, kind, spec, id);
    if (found) answers.push({ ...answerOf(type, kind, found), ...loadOf(local, spec, type, found) });
  }
  const [first] = answers;
  if (!first) {
    if (isQuestion(kind)) return { state: 'value', value: 0n };
    return { state: 'poisoned', reason: candidates.length > 0 ? `no ${what}` : `no ${describeRoot(what)}` };
  }
  const other = answers.find(({ value, bitOffset }) => value !== first.value || bitOffset !== first.bitOffset);
  if (other) return { state: 'refused', reason: `this kernel has several types ${what}, and they differ` };
  if (first.value === undefined) return { state: 'poisoned', reason: `${what} cannot be read as it is on this kernel` };
  return { state: 'value', value: first.value, load: first.load };
}

interface Answer {
  readonly value: bigint | undefined;
  readonly bitOffset: number;
  readonly load: number | undefined;
}

const describeRoot = (what: string): string => what.split('.')[0]!;

function candidatesOf(kind: string, name: string, tables: Iterable<TypeTable>) {
  if (name === '') return [];
  for (const { named, type } of tables) {
    const ids = named(name).filter((id) => type(id)?.kind === kind);
    if (ids.length > 0) return ids.map((id) => ({ id, type }));
  }
  return [];
}

/** libbpf's answer for one kind; undefined when the member cannot be moved by one instruction. */
function answerOf(typeOf: TypeLookup, kind: number, spec: Spec): Pick<Answer, 'value' | 'bitOffset'> {
  const answer = (value: number | bigint | undefined) => ({
    value: value === undefined ? undefined : BigInt(value),
    bitOffset: spec.bitOffset,
  });
  switch (kind) {
    case RELOCATION.FIELD_EXISTS:
    case RELOCATION.TYPE_EXISTS:
    case RELOCATION.ENUMVAL_EXISTS:
      return answer(1);
    case RELOCATION.TYPE_ID_TARGET:
      return answer(spec.root);
    case RELOCATION.TYPE_SIZE:
      return answer(sizeIn(typeOf, spec.root));
    case RELOCATION.ENUMVAL_VALUE: {
      const { type } = resolveIn(typeOf, spec.root);
      const value = type.kind === 'enum' ? type.values[spec.accessors[0]!.index]![1] : 0;
      return answer(BigInt.asUintN(64, BigInt(value)));
    }
    default: {
      const field = fieldOf(typeOf, spec);
      if (!field) return answer(undefined);
      const values: Readonly<Record<number, number>> = {
        [RELOCATION.FIELD_BYTE_OFFSET]: field.byteOffset,
        [RELOCATION.FIELD_BYTE_SIZE]: field.bytes,
        [RELOCATION.FIELD_SIGNED]: field.isSigned ? 1 : 0,
        [RELOCATION.FIELD_LSHIFT_U64]: 64 - (field.bitOffset + field.bits - field.byteOffset * 8),
        [RELOCATION.FIELD_RSHIFT_U64]: 64 - field.bits,
      };
      return answer(values[kind]);
    }
  }
}

interface FieldPlace {
  readonly byteOffset: number;
  readonly bytes: number;
  readonly bitOffset: number;
  readonly bits: number;
  readonly isSigned: boolean;
  readonly isBitField: boolean;
  readonly type: number;
}

/** Where the member at the end of a spec lies; a bit field with the aligned word around it. */
function fieldOf(typeOf: TypeLookup, { accessors, bitOffset }: Spec): FieldPlace | undefined {
  const last = accessors.at(-1)!;
  const owner = typeOf(last.type);
  const member =
    last.name !== undefined && owner && 'members' in owner ? owner.members[last.index] : { type: last.type, bits: 0 };
  if (!member) return undefined;
  const { type } = resolveIn(typeOf, member.type);
  const isSigned = (type.kind === 'int' || type.kind === 'enum') && type.signed;
  let bytes = sizeIn(typeOf, member.type);
  const common = { bitOffset, isSigned, type: member.type };
  if (member.bits === 0) {
    return { ...common, byteOffset: Math.floor(bitOffset / 8), bytes, bits: bytes * 8, isBitField: false };
  }
  const { bits } = member;
  for (;;) {
    const byteOffset = Math.floor(bitOffset / 8 / bytes) * bytes;
    if (bitOffset + bits - byteOffset * 8 <= bytes * 8) {
      return { ...common, byteOffset, bytes, bits, isBitField: true };
    }
    if (bytes >= 8) return undefined;
    bytes *= 2;
  }
}

/** Bytes that an instruction moves when it loads the member itself: libbpf adapts them between unsigned integers. */
function loadOf(local: TypeLookup, mine: Spec, target: TypeLookup, theirs: Spec): Pick<Answer, 'load'> {
  if (mine.accessors.length === 0) return { load: undefined };
  const [from, to] = [fieldOf(local, mine), fieldOf(target, theirs)];
  if (!from || !to || from.isBitField || to.isBitField) return { load: to?.bytes };
  if (from.bytes === to.bytes) return { load: to.bytes };
  const [a, b] = [resolveIn(local, from.type).type, resolveIn(target, to.type).type];
  const arePointers = a.kind === 'ptr' && b.kind === 'ptr';
  const areUnsigned = a.kind === 'int' && b.kind === 'int' && !a.signed && !b.signed;
  return { load: arePointers || areUnsigned ? to.bytes : undefined };
}
