import { type BtfType, resolveIn, sizeIn, type TypeLookup } from '../btf/index.js';
import {
  type Accessor,
  essentialName,
  isComposite,
  isEnumerator,
  isField,
  isFlexible,
  nameOf,
  type Spec,
} from './core-spec.js';

/** The two sides of a comparison: the object's types, and the kernel's. */
export interface Sides {
  readonly local: TypeLookup;
  readonly target: TypeLookup;
}

const MAX_DEPTH = 32;

/** What `spec` is in the kernel's type `candidate`; undefined when the two do not match. By libbpf's rules. */
export function matchSpec(sides: Sides, kind: number, spec: Spec, candidate: number): Spec | undefined {
  if (isEnumerator(kind)) return matchEnumerator(sides, spec, candidate);
  if (isField(kind)) return matchField(sides, spec, candidate);
  return areTypesCompatible(sides, spec.root, candidate) ? { root: candidate, accessors: [], bitOffset: 0 } : undefined;
}

function matchEnumerator({ target }: Sides, spec: Spec, candidate: number): Spec | undefined {
  const { type, id } = resolveIn(target, candidate);
  if (type.kind !== 'enum') return undefined;
  const wanted = essentialName(spec.accessors[0]!.name!);
  const index = type.values.findIndex(([name]) => essentialName(name) === wanted);
  if (index < 0) return undefined;
  return { root: candidate, accessors: [{ type: id, index, name: type.values[index]![0] }], bitOffset: 0 };
}

function matchField(sides: Sides, spec: Spec, candidate: number): Spec | undefined {
  const { target } = sides;
  const found: Found = { accessors: [], bitOffset: 0 };
  let at = resolveIn(target, candidate);
  for (const [i, accessor] of spec.accessors.entries()) {
    if (accessor.name !== undefined) {
      const next = matchMember(sides, accessor, at.id, found, 0);
      if (next === undefined) return undefined;
      at = resolveIn(target, next);
      continue;
    }
    if (i > 0) {
      if (at.type.kind !== 'array') return undefined;
      const { count, type } = at.type;
      if (accessor.index >= count && !isFlexible(target, found.accessors.at(-1), count)) return undefined;
      at = resolveIn(target, type);
    }
    found.accessors.push({ type: at.id, index: accessor.index, name: undefined });
    found.bitOffset += accessor.index * sizeIn(target, at.id) * 8;
  }
  return { root: candidate, accessors: found.accessors, bitOffset: found.bitOffset };
}

interface Found {
  readonly accessors: Accessor[];
  bitOffset: number;
}

/** The type of the member of that name, also inside of anonymous structs and unions; `found` is led to it. */
function matchMember(sides: Sides, wanted: Accessor, id: number, found: Found, depth: number): number | undefined {
  const { local, target } = sides;
  const { type, id: owner } = resolveIn(target, id);
  if (!isComposite(type) || depth > MAX_DEPTH) return undefined;
  for (const [index, member] of type.members.entries()) {
    if (member.name === '') {
      found.bitOffset += member.offsetBits;
      const inside = matchMember(sides, wanted, member.type, found, depth + 1);
      if (inside !== undefined) return inside;
      found.bitOffset -= member.offsetBits;
    } else if (member.name === wanted.name) {
      const mine = local(wanted.type);
      const own = mine && isComposite(mine) ? mine.members[wanted.index] : undefined;
      if (!own || !areFieldsCompatible(sides, own.type, member.type)) return undefined;
      found.bitOffset += member.offsetBits;
      found.accessors.push({ type: owner, index, name: member.name });
      return member.type;
    }
  }
  return undefined;
}

/** Whether a value of one type can stand for the other: any integers, any pointers, any structs, the same enum. */
function areFieldsCompatible(sides: Sides, localId: number, targetId: number, depth = 0): boolean {
  const { type: mine } = resolveIn(sides.local, localId);
  const { type: theirs } = resolveIn(sides.target, targetId);
  if (isComposite(mine) && isComposite(theirs)) return true;
  if (mine.kind !== theirs.kind || depth > MAX_DEPTH) return false;
  switch (mine.kind) {
    case 'ptr':
    case 'float':
    case 'int':
      return true;
    case 'enum':
    case 'fwd':
      return haveSameName(mine, theirs);
    case 'array':
      return areFieldsCompatible(sides, mine.type, (theirs as typeof mine).type, depth + 1);
    default:
      return false;
  }
}

function haveSameName(mine: BtfType, theirs: BtfType): boolean {
  const [a, b] = [essentialName(nameOf(mine)), essentialName(nameOf(theirs))];
  return a === '' || b === '' || a === b;
}

/** Names of the outermost types have been compared; what they are made of must be of one kind, members aside. */
export function areTypesCompatible(sides: Sides, localId: number, targetId: number, depth = 0): boolean {
  const { type: mine } = resolveIn(sides.local, localId);
  const { type: theirs } = resolveIn(sides.target, targetId);
  if (mine.kind !== theirs.kind || depth > MAX_DEPTH) return false;
  switch (mine.kind) {
    case 'ptr':
    case 'array':
      return areTypesCompatible(sides, mine.type, (theirs as typeof mine).type, depth + 1);
    case 'func_proto': {
      const other = theirs as typeof mine;
      return (
        mine.params.length === other.params.length &&
        mine.params.every((param, i) => areTypesCompatible(sides, param, other.params[i]!, depth + 1)) &&
        areTypesCompatible(sides, mine.returns, other.returns, depth + 1)
      );
    }
    default:
      return true;
  }
}
