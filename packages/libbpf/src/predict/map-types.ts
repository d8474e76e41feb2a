import { type Btf, resolve } from '../btf/index.js';

/** `enum bpf_map_type` of each map that the object declares, by the map's name. */
export function mapTypes(btf: Btf): ReadonlyMap<string, number> {
  const types = new Map<string, number>();
  for (const section of btf.types) {
    if (section.kind !== 'datasec' || section.name !== '.maps') continue;
    for (const { type: id } of section.vars) {
      const variable = btf.types[id];
      if (variable?.kind !== 'var') continue;
      const { type } = resolve(btf, variable.type);
      const member = type.kind === 'struct' ? type.members.find(({ name }) => name === 'type') : undefined;
      // `__uint(type, N)` is a pointer to an array of N.
      const pointer = member && resolve(btf, member.type).type;
      const array = pointer?.kind === 'ptr' ? resolve(btf, pointer.type).type : undefined;
      if (array?.kind === 'array') types.set(variable.name, array.count);
    }
  }
  return types;
}
