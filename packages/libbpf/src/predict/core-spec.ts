import { type BtfType, resolveIn, sizeIn, type TypeLookup } from '../btf/index.js';
import type { CoreRelocation } from './object-code.js';

/** `enum bpf_core_relo_kind` of the kernel's uapi. */
export const RELOCATION = {
  FIELD_BYTE_OFFSET: 0,
  FIELD_BYTE_SIZE: 1,
  FIELD_EXISTS: 2,
  FIELD_SIGNED: 3,
  FIELD_LSHIFT_U64: 4,
  FIELD_RSHIFT_U64: 5,
  TYPE_ID_LOCAL: 6,
  TYPE_ID_TARGET: 7,
  TYPE_EXISTS: 8,
  TYPE_SIZE: 9,
  ENUMVAL_EXISTS: 10,
  ENUMVAL_VALUE: 11,
  TYPE_MATCHES: 12,
} as const;

export const isField = (kind: number): boolean => kind <= RELOCATION.FIELD_RSHIFT_U64;
export const isEnumerator = (kind: number): boolean =>
  kind === RELOCATION.ENUMVAL_EXISTS || kind === RELOCATION.ENUMVAL_VALUE;
/** Those that ask whether something is there: not to be there is an answer. */
export const isQuestion = (kind: number): boolean =>
  kind === RELOCATION.FIELD_EXISTS ||
  kind === RELOCATION.TYPE_EXISTS ||
  kind === RELOCATION.TYPE_MATCHES ||
  kind === RELOCATION.ENUMVAL_EXISTS;

/** One step from a type to a member: of a struct by name, of an array by index. */
export interface Accessor {
  /** The struct, or the type of the array's elements. */
  readonly type: number;
  readonly index: number;
  /** Undefined for an index. */
  readonly name: string | undefined;
}

/** What a relocation speaks of, in one BTF. Members of anonymous structs are steps of the struct around them. */
export interface Spec {
  readonly root: number;
  readonly accessors: readonly Accessor[];
  readonly bitOffset: number;
}

/** `request___before_5_17` is a flavour of `request`: what follows three underscores is the program's own business. */
export function essentialName(name: string): string {
  const at = name.lastIndexOf('___');
  return at > 0 ? name.slice(0, at) : name;
}

type Composite = Extract<BtfType, { kind: 'struct' | 'union' }>;

export const isComposite = (type: BtfType): type is Composite => type.kind === 'struct' || type.kind === 'union';

/** `name` of a type that has one, else ''. */
export const nameOf = (type: BtfType): string => ('name' in type ? type.name : '');

/** The array behind the last step, if it is the last member of its struct and has no length of its own. */
export function isFlexible(typeOf: TypeLookup, last: Accessor | undefined, count: number): boolean {
  if (last?.name === undefined || count > 0) return false;
  const owner = typeOf(last.type);
  return owner !== undefined && isComposite(owner) && last.index === owner.members.length - 1;
}

/** The relocation's own view of its type; undefined when its access string does not fit it. */
export function localSpec(typeOf: TypeLookup, { kind, type: root, access }: CoreRelocation): Spec | undefined {
  const steps = access.split(':').map(Number);
  if (isEnumerator(kind)) {
    const { type, id } = resolveIn(typeOf, root);
    const [index = 0] = steps;
    const value = type.kind === 'enum' ? type.values[index] : undefined;
    return value && { root, accessors: [{ type: id, index, name: value[0] }], bitOffset: 0 };
  }
  if (!isField(kind)) return { root, accessors: [], bitOffset: 0 };
  let { id, type } = resolveIn(typeOf, root);
  const accessors: Accessor[] = [{ type: id, index: steps[0]!, name: undefined }];
  let bitOffset = steps[0]! * sizeIn(typeOf, id) * 8;
  for (const index of steps.slice(1)) {
    if (isComposite(type)) {
      const member = type.members[index];
      if (!member) return undefined;
      bitOffset += member.offsetBits;
      if (member.name !== '') accessors.push({ type: id, index, name: member.name });
      ({ id, type } = resolveIn(typeOf, member.type));
    } else if (type.kind === 'array') {
      if (index >= type.count && !isFlexible(typeOf, accessors.at(-1), type.count)) return undefined;
      ({ id, type } = resolveIn(typeOf, type.type));
      accessors.push({ type: id, index, name: undefined });
      bitOffset += index * sizeIn(typeOf, id) * 8;
    } else return undefined;
  }
  return { root, accessors, bitOffset };
}

/** For a person: `struct request.rq_disk`, `enum bpf_func_id.BPF_FUNC_task_pt_regs`. */
export function describeSpec(typeOf: TypeLookup, { root, accessors }: Spec): string {
  const type = typeOf(root);
  const name = type ? essentialName(nameOf(type)) : '';
  const word = type && (isComposite(type) || type.kind === 'enum') ? `${type.kind} ` : '';
  const steps = accessors.map((one, i) => (one.name === undefined ? (i > 0 ? `[${one.index}]` : '') : `.${one.name}`));
  return `${word}${name || '(anonymous)'}${steps.join('')}`;
}
