import type { OptionValues } from '@skep/core';
import {
  attachSets,
  btfKernel,
  type ConditionalSet,
  everyAttachSet,
  type KernelDescription,
  knownKernel,
  knownKernels,
  predict,
  type ResolvedSet,
  readCode,
  readPluginObject,
  type SetPrediction,
  type Verdict,
} from '@skep/libbpf';
import { completeOptions } from './agent/open.js';
import { conditionText, optionsFor } from './conditions.js';
import type { LoadedPlugin } from './discovery/index.js';

/** What a kernel would make of the attach sets that these options leave. */
export function predictPlugin(
  plugin: LoadedPlugin,
  kernel: KernelDescription,
  options: OptionValues = completeOptions(plugin.definition, {}),
  sets: readonly ResolvedSet[] = attachSets(plugin.definition, options),
): SetPrediction[] {
  const { name, definition } = plugin;
  if (sets.length === 0) return [];
  const { bytes, info } = readPluginObject(definition);
  return predict({ name, info, code: readCode(bytes), definition, options, kernel, sets });
}

/** One attach set on one kernel, in the words that measurements use too. */
export interface PredictedSet {
  readonly tool: string;
  /** Names of the set's programs. */
  readonly set: readonly string[];
  readonly kernel: string;
  readonly verdict: Verdict;
  /** Why it is not possible, or why that cannot be told; else ''. */
  readonly reason: string;
  /** The options that the set is for; '' for all. */
  readonly when: string;
}

/** Every attach set of a plugin, whatever its condition: those of other options are predicted with such options. */
export function predictEverySet(plugin: LoadedPlugin, kernelName: string, kernel: KernelDescription): PredictedSet[] {
  const definitions = plugin.definition.options ?? {};
  const every = everyAttachSet(plugin.definition);
  const choices = every.map(({ when }) => optionsFor(when, definitions));
  const predictions = new Map<ConditionalSet, SetPrediction>();
  // Sets of the same options share programs, and what was found of them.
  for (const options of new Set(choices)) {
    if (!options) continue;
    const sets = every.filter((_, i) => choices[i] === options);
    for (const [i, one] of predictPlugin(plugin, kernel, options, sets).entries()) predictions.set(sets[i]!, one);
  }
  return every.map((set) => {
    const { verdict, reason } = predictions.get(set) ?? OPEN;
    const when = conditionText(set.when, definitions);
    return { tool: plugin.name, set: set.programs, kernel: kernelName, verdict, reason, when };
  });
}

const OPEN = { verdict: 'unknown', reason: 'it is for several options together' } as const;

/**
 * A kernel by its name (`6.1`) or by a file with its BTF (a path).
 *
 * @throws SkepError SKEP_USAGE naming the nearest one, SKEP_SCHEMA when the file is not BTF.
 */
export function kernelNamed(name: string): KernelDescription {
  const isKnown = knownKernels().some((kernel) => kernel.name === name);
  return !isKnown && /[/]|\.btf$/.test(name) ? btfKernel(name) : knownKernel(name);
}
