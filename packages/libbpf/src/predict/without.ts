import type { BtfType, TypeTable } from '../btf/index.js';
import { FEATURES, type FeatureSet } from './features.js';
import type { KernelDescription } from './kernel.js';

/** Why a feature is not there when it was turned off. */
export const turnedOff = (name: string): string => `turned off by --no-feature ${name}`;

/** Enumerators of helpers that go with these features. */
export function hiddenHelpers(without: FeatureSet): ReadonlySet<string> {
  return new Set(FEATURES.filter(({ name }) => without.has(name)).flatMap(({ helpers }) => helpers ?? []));
}

/** The same kernel, had it not these features. */
export function withoutFeatures(kernel: KernelDescription, without: FeatureSet): KernelDescription {
  if (without.size === 0) return kernel;
  const hidden = hiddenHelpers(without);
  return {
    ...kernel,
    without,
    tables: hidden.size === 0 ? kernel.tables : { [Symbol.iterator]: () => hideEnumerators(kernel.tables, hidden) },
    feature: (name) => (without.has(name) ? { state: 'no', reason: turnedOff(name) } : kernel.feature(name)),
  };
}

function* hideEnumerators(tables: Iterable<TypeTable>, hidden: ReadonlySet<string>): Generator<TypeTable> {
  const hide = (type: BtfType | undefined): BtfType | undefined =>
    type?.kind === 'enum' && type.name === 'bpf_func_id'
      ? { ...type, values: type.values.filter(([name]) => !hidden.has(name)) }
      : type;
  for (const { named, type } of tables) yield { named, type: (id) => hide(type(id)) };
}
