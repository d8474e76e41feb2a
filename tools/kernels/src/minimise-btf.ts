import { type BtfType, parseBtf, writeBtf } from '@skep/libbpf/btf';

const MODIFIERS: readonly BtfType['kind'][] = ['const', 'volatile', 'restrict', 'type_tag'];
const NEVER_LOOKED_AT: readonly BtfType['kind'][] = [...MODIFIERS, 'func', 'var', 'datasec', 'decl_tag'];

/**
 * A kernel's BTF with all its structs, unions, enums and typedefs, and without what relocations never look at:
 * functions (their names are kept elsewhere), signatures except those of tracepoints, `const` and the like, variables.
 * A quarter of the size is left, and every tool to come finds its types.
 */
export function minimiseBtf(bytes: Uint8Array): Uint8Array {
  const { types } = parseBtf(bytes);
  const bare = (id: number): number => {
    const type = types[id]!;
    return MODIFIERS.includes(type.kind) && 'type' in type ? bare(type.type) : id;
  };
  const signatures = new Set<number>();
  for (const type of types) {
    if (type.kind !== 'typedef' || !type.name.startsWith('btf_trace_')) continue;
    const pointer = types[type.type];
    if (pointer?.kind === 'ptr') signatures.add(pointer.type);
  }
  const isDropped = (id: number): boolean => {
    const type = types[id]!;
    if (NEVER_LOOKED_AT.includes(type.kind)) return true;
    if (type.kind === 'func_proto') return !signatures.has(id);
    return type.kind === 'struct' && type.name.startsWith('trace_event_data_offsets_');
  };
  // Pointers and arrays that differed in `const` alone become one.
  const ids = new Map<number, number>();
  const kept: number[] = [0];
  const shapes = new Map<string, number>();
  for (let id = 1; id < types.length; id++) {
    if (isDropped(id)) continue;
    const type = types[id]!;
    const shape =
      type.kind === 'ptr'
        ? `*${bare(type.type)}`
        : type.kind === 'array'
          ? `[${bare(type.type)} ${type.count}`
          : undefined;
    const twin = shape === undefined ? undefined : shapes.get(shape);
    if (twin === undefined) kept.push(id);
    const place = twin ?? kept.length - 1;
    if (shape !== undefined) shapes.set(shape, place);
    ids.set(id, place);
  }
  const ref = (id: number): number => ids.get(bare(id)) ?? 0;
  return writeBtf(kept.map((id) => renumber(types[id]!, ref)));
}

function renumber(type: BtfType, ref: (id: number) => number): BtfType {
  switch (type.kind) {
    case 'ptr':
    case 'array':
    case 'typedef':
      return { ...type, type: ref(type.type) };
    case 'struct':
    case 'union':
      return { ...type, members: type.members.map((member) => ({ ...member, type: ref(member.type) })) };
    case 'func_proto':
      return { ...type, returns: ref(type.returns), params: type.params.map(ref) };
    default:
      return type;
  }
}
