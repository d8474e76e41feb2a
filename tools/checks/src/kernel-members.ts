import type { KernelBtf } from './kernels.js';
import { type StructMembers, scanBtf } from './scan-btf.js';

/** A member that the headers declare, and the kernels without it. */
export interface Lack {
  /** Name in the header; a flavour's suffix included. */
  readonly struct: string;
  readonly member: string;
  readonly kernels: readonly string[];
  /** No kernel has it: a misspelling, or a kernel that was looked at no longer. */
  readonly everywhere: boolean;
}

/**
 * What the headers declare and a kernel lacks, by the rules of CO-RE: a struct is found by its name without `___...`, a
 * member by its name, also in anonymous structs and unions.
 */
export function lackingMembers(declared: StructMembers, kernels: readonly KernelBtf[]): Lack[] {
  const names = new Set([...declared.keys()].map(essentialName));
  const found = kernels.map((kernel) => ({ name: kernel.name, structs: scanBtf(kernel.read(), names) }));
  return [...declared].flatMap(([struct, members]) =>
    [...members].flatMap((member) => {
      const without = found.filter(({ structs }) => !structs.get(essentialName(struct))?.has(member));
      if (without.length === 0) return [];
      return [
        { struct, member, kernels: without.map(({ name }) => name), everywhere: without.length === found.length },
      ];
    }),
  );
}

/** True for the shape a struct had in other kernels, which the running one may well lack. */
export function isFlavour(struct: string): boolean {
  return struct.includes('___');
}

/** `task_struct___before_5_14` -> `task_struct`. */
function essentialName(struct: string): string {
  const at = struct.indexOf('___');
  return at < 0 ? struct : struct.slice(0, at);
}
