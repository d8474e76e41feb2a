import type { OptionValues, PluginDefinition } from '@skep/core';
import type { ResolvedSet } from '../attach-sets.js';
import type { ObjectInfo, ProgramInfo, TypeLookup } from '../btf/index.js';
import { applyOptions } from '../constants.js';
import { setTracepointArgs } from '../tracepoint-args.js';
import { attachProblems, type Problem, targetProblems } from './attach-target.js';
import { ConstantImage } from './constant-image.js';
import { type Relocated, relocate } from './core-relocation.js';
import { NO_FEATURES } from './features.js';
import { helperProblems } from './helpers.js';
import type { KernelDescription, Verdict } from './kernel.js';
import { findType, tracepointArgs } from './kernel.js';
import { mapTypes } from './map-types.js';
import type { CoreRelocation, ObjectCode } from './object-code.js';
import { attachPoint } from './program-kind.js';
import { type ReachedCode, reach } from './reach.js';
import { RINGBUF, withoutOptional } from './turned-off.js';

export interface PredictRequest {
  readonly name: string;
  readonly info: ObjectInfo;
  readonly code: ObjectCode;
  readonly definition: PluginDefinition;
  readonly options: OptionValues;
  readonly kernel: KernelDescription;
  /** `attachSets(definition, options)`, or any other choice of the definition's sets. */
  readonly sets: readonly ResolvedSet[];
}

/** What a kernel would say to one attach set. */
export interface SetPrediction {
  readonly programs: readonly ProgramInfo[];
  readonly verdict: Verdict;
  /** What is refused, or cannot be told; '' when the set is possible. */
  readonly reason: string;
  readonly note: string;
}

/**
 * Say what a kernel would make of each attach set of a plugin, from its description alone: nothing is loaded, and the
 * kernel need not be this one.
 *
 * `refused` is said only when it is certain that libbpf, the verifier or the attaching refuses: a relocation that fails in
 * code that cannot be reached refuses nothing. `possible` means that nothing known speaks against it; what the verifier
 * thinks of bounds and loops is not computed.
 *
 * @throws SkepError SKEP_OPTION when an option does not fit the program.
 */
export function predict(request: PredictRequest): SetPrediction[] {
  const { name, info, code, definition, options, kernel, sets } = request;
  const image = new ConstantImage(name, info, code.data);
  applyOptions(image, definition.options ?? {}, options);
  setTracepointArgs(image, (tracepoint) => tracepointArgs(kernel.tables, tracepoint));
  const resolved = new Map<string, Relocated>();
  const local: TypeLookup = (id) => code.btf.types[id];
  const analyse = (program: string): ReachedCode | undefined => {
    const entry = code.programs.get(program);
    return (
      entry &&
      reach(code, entry, {
        constants: (section) => image.bytes(section),
        external: (variable) => externalValue(kernel, variable),
        relocate: (relocation) => remember(resolved, relocation, () => relocate(local, relocation, kernel.tables)),
      })
    );
  };
  const shared = mapProblems(info, kernel);
  const known = new Map<string, ProgramProblems>();
  const problemsOf = (program: ProgramInfo): ProgramProblems => {
    let problems = known.get(program.name);
    if (!problems) {
      problems = programProblems(program, analyse(program.name), kernel);
      known.set(program.name, problems);
    }
    return problems;
  };
  const sections = new Map(info.programs.map((program) => [program.name, program]));
  return sets.map((whole) => {
    const set = withoutOptional(whole, info, kernel.without ?? NO_FEATURES);
    const programs = set.programs.map((one) => sections.get(one) ?? { name: one, section: '' });
    const verdict = hasTypes(kernel)
      ? verdictOf(set, programs, problemsOf, shared)
      : ({ verdict: 'refused', reason: NO_BTF } as const);
    return { programs, ...verdict, note: set.note ?? '' };
  });
}

interface ProgramProblems {
  readonly load: readonly Problem[];
  readonly attach: readonly Problem[];
}

function programProblems(
  { section }: ProgramInfo,
  reached: ReachedCode | undefined,
  kernel: KernelDescription,
): ProgramProblems {
  const point = attachPoint(section);
  const load: Problem[] = [...targetProblems(point, kernel)];
  if (reached) {
    load.push(
      ...reached.poisoned.map(({ what, isCertain }) => ({
        reason: `reads what this kernel lacks: ${what}`,
        isCertain,
      })),
    );
    load.push(...reached.doubtful.map((reason) => ({ reason, isCertain: false })));
    load.push(...helperProblems(reached, point.kind, kernel));
  }
  return { load, attach: attachProblems(point, reached?.context ?? [], kernel) };
}

function verdictOf(
  set: ResolvedSet,
  programs: readonly ProgramInfo[],
  problemsOf: (program: ProgramInfo) => ProgramProblems,
  shared: readonly Problem[],
): Pick<SetPrediction, 'verdict' | 'reason'> {
  const against: ProgramProblem[] = shared.map((problem) => ({ ...problem, program: '' }));
  const left: ProgramProblem[] = [];
  let surely = 0;
  let perhaps = 0;
  for (const info of programs) {
    const program = info.name;
    const { load, attach } = problemsOf(info);
    const named = (problem: Problem): ProgramProblem => ({ ...problem, program });
    against.push(...load.map(named));
    (set.optional.has(program) ? left : against).push(...attach.map(named));
    if (attach.length === 0) surely++;
    else if (!attach.some(({ isCertain }) => isCertain)) perhaps++;
  }
  // Each may be left out, but not all of them.
  if (surely === 0) against.push(...left.filter(({ isCertain }) => perhaps === 0 || !isCertain));
  const certain = against.filter(({ isCertain }) => isCertain);
  if (certain.length > 0) return { verdict: 'refused', reason: reasonOf(certain) };
  return { verdict: against.length > 0 ? 'unknown' : 'possible', reason: reasonOf(against) };
}

type ProgramProblem = Problem & { readonly program: string };

/** A line for each reason, with the programs that it holds for. */
function reasonOf(problems: readonly ProgramProblem[]): string {
  const programs = new Map<string, Set<string>>();
  for (const { reason, program } of problems) {
    const those = programs.get(reason) ?? new Set();
    programs.set(reason, those.add(program));
  }
  return [...programs].map(([reason, those]) => [[...those].join(', '), reason].filter(Boolean).join(': ')).join('\n');
}

const NO_BTF = 'this kernel has no BTF (CONFIG_DEBUG_INFO_BTF)';

const hasTypes = ({ tables }: KernelDescription): boolean => !tables[Symbol.iterator]().next().done;

/** Maps of kinds that the kernel does not know. All maps of the object are created, whichever set is taken. */
function mapProblems(info: ObjectInfo, kernel: KernelDescription): Problem[] {
  const enumeration = findType(kernel.tables, 'bpf_map_type', 'enum')?.type;
  const ringbuf = kernel.feature('ringbuf');
  return [...mapTypes(info.btf)].flatMap(([map, type]) => {
    if (type === RINGBUF && ringbuf.state !== 'yes') {
      return [{ reason: `map ${map}: ${ringbuf.reason}`, isCertain: ringbuf.state === 'no' }];
    }
    const isKnown = enumeration?.kind !== 'enum' || enumeration.values.some(([, value]) => value === type);
    return isKnown ? [] : [{ reason: `map ${map}: this kernel has no maps of type ${type}`, isCertain: true }];
  });
}

/** Variables that libbpf itself fills in. */
function externalValue(kernel: KernelDescription, name: string): bigint | undefined {
  const [major = 0, minor = 0, patch = 0] = kernel.release.split(/[.\-+]/).map(Number);
  switch (name) {
    case 'LINUX_KERNEL_VERSION':
      return BigInt((major << 16) | (minor << 8) | Math.min(patch, 255));
    case 'LINUX_HAS_SYSCALL_WRAPPER':
      return 1n;
    case 'LINUX_HAS_BPF_COOKIE':
      return major > 5 || (major === 5 && minor >= 15) ? 1n : 0n;
    default:
      return undefined;
  }
}

function remember(known: Map<string, Relocated>, { kind, type, access }: CoreRelocation, find: () => Relocated) {
  const key = `${kind}:${type}:${access}`;
  const before = known.get(key);
  if (before) return before;
  const found = find();
  known.set(key, found);
  return found;
}
