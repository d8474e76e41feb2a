import { type Capability, exitCodeOf, isSkepError, type Log, type OptionValues, type SkepError } from '@skep/core';
import {
  attachSets,
  type FeatureSet,
  type KernelDescription,
  lackedBy,
  liveKernel,
  NO_FEATURES,
  namesOf,
  namingOfProbe,
  namingRequirements,
  type ProgramInfo,
  planStreams,
  type Requirement,
  readPluginObject,
  type SetPrediction,
  tryFeatures,
  type Verdict,
  weightOf,
  withoutFeatures,
} from '@skep/libbpf';
import { KernelHost } from './agent/kernel-host.js';
import { completeOptions } from './agent/open.js';
import { capabilitiesOf, privilegesOf, type SetPrivileges } from './capabilities.js';
import type { PluginInstance } from './config/config.js';
import type { LoadedPlugin } from './discovery/index.js';
import { instanceOf } from './instance.js';
import { predictEverySet, predictPlugin } from './predict-plugin.js';
import { lackingCapabilities } from './privilege.js';

/** What a kernel says to one attach set. */
export interface SetPlan {
  readonly programs: readonly ProgramInfo[];
  readonly possible: boolean;
  /** `unknown` only of a kernel that is not this one: here it is tried. */
  readonly verdict: Verdict;
  /** Why not, or why that cannot be told; '' when it is possible. */
  readonly reason: string;
  /** What to do about it; '' when nothing is known. */
  readonly remedy: string;
  readonly note: string;
  /** Where the trial came out otherwise than was predicted: the prediction. */
  readonly predicted?: string;
  /** The kernel's own words, where `reason` has better ones. */
  readonly said?: string;
  /** Capabilities that this process does not have and that it was refused for. */
  readonly lacks: readonly Capability[];
  /** What an ordinary user needs for it. */
  readonly privileges: SetPrivileges;
}

/** A set that is for other options than those given. */
export interface OtherSet {
  readonly programs: readonly ProgramInfo[];
  readonly when: string;
  /** Predicted with such options. */
  readonly verdict: Verdict;
  readonly reason: string;
}

/** What running a plugin would do on a kernel; the first possible set is the one taken. */
export interface AttachPlan {
  readonly source: string;
  readonly plugin: string;
  /** The kernel asked about, when it is not this one. */
  readonly kernel?: string;
  readonly sets: readonly SetPlan[];
  readonly others: readonly OtherSet[];
  /** The smallest set of capabilities with which an ordinary user can run it: see `modestSet`. */
  readonly capabilities: readonly Capability[];
  /** Sinks its rows go to, when a configuration was asked about. */
  readonly sinks?: readonly string[];
}

export interface ExplainOptions {
  readonly options?: OptionValues;
  /** Name of the plugin in the configuration. */
  readonly source?: string;
  /** A kernel to predict for; without one every set is tried on this kernel. */
  readonly kernel?: KernelDescription;
  readonly without?: FeatureSet;
}

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * What a plugin's attach sets come to. On this kernel every set is loaded and attached for a moment, as the only honest
 * answer to what it allows, and what its files say explains the answer; nothing stays attached.
 */
export async function explainPlugin(plugin: LoadedPlugin, request: ExplainOptions = {}): Promise<AttachPlan> {
  const { options = completeOptions(plugin.definition, {}), source = plugin.name, without = NO_FEATURES } = request;
  if (plugin.definition.probe) {
    const instance = instanceOf(plugin, options, source);
    return request.kernel ? predictProgram(instance, request.kernel) : explainProgram(instance);
  }
  const kernel = withoutFeatures(request.kernel ?? describeLive(), without);
  const predictions = predictPlugin(plugin, kernel, options);
  const answers = request.kernel
    ? predictions.map(fromPrediction)
    : await trySets(plugin, options, source, without, predictions);
  const optional = attachSets(plugin.definition, options).map((set) => set.optional);
  const owner = { plugin: plugin.name, source };
  const naming = namingRequirements(
    planStreams(owner, plugin.definition, readPluginObject(plugin.definition).info, options),
  );
  const sets = answers.map((answer, i) => ({
    ...answer,
    privileges: privilegesOf(answer.programs, optional[i]!, naming),
  }));
  const capabilities = capabilitiesOf(modestSet(sets).privileges);
  const plan = { source, plugin: plugin.name, sets, others: otherSets(plugin, options, kernel), capabilities };
  return request.kernel ? { ...plan, kernel: request.kernel.title } : plan;
}

/** What became of a set, whatever it takes to be allowed to try. */
type SetAnswer = Omit<SetPlan, 'privileges'>;

let live: KernelDescription | undefined;

/** This kernel, described once: the plugins of a file are explained together. */
export function describeLive(): KernelDescription {
  live ??= liveKernel(lackingCapabilities().length === 0 ? tryQuietly() : new Map());
  return live;
}

/** Without libbpf nothing can be tried, and whoever looks at the machine says so. */
function tryQuietly() {
  try {
    return tryFeatures();
  } catch (error) {
    if (!isSkepError(error)) throw error;
    return new Map();
  }
}

function fromPrediction({ programs, verdict, reason, note }: SetPrediction): SetAnswer {
  return { programs, possible: verdict === 'possible', verdict, reason, remedy: '', note, lacks: [] };
}

async function trySets(
  plugin: LoadedPlugin,
  options: OptionValues,
  source: string,
  without: FeatureSet,
  predictions: readonly SetPrediction[],
): Promise<SetAnswer[]> {
  const sets: SetAnswer[] = [];
  const host = new KernelHost(SILENT, { without });
  try {
    for (const attachSet of attachSets(plugin.definition, options).keys()) {
      const error = await tryHere(host, plugin, options, source, attachSet);
      sets.push(judge(predictions[attachSet]!, error));
    }
  } finally {
    await host.close();
  }
  return sets;
}

/** The trial decides; where the prediction agrees its words are the better ones, as they name the cause. */
export function judge({ programs, verdict, reason, note }: SetPrediction, error: SkepError | undefined): SetAnswer {
  if (!error) {
    const plan = { programs, possible: true, verdict: 'possible' as const, reason: '', remedy: '', note, lacks: [] };
    return verdict === 'refused' ? { ...plan, predicted: `refused: ${reason}` } : plan;
  }
  const lacks = namesOf(lackedBy(error));
  const refused = { programs, possible: false, verdict: 'refused' as const, remedy: error.remedy, note, lacks };
  if (lacks.length > 0) {
    const rest = verdict === 'possible' ? '; with them it should be possible' : `; with them: ${reason}`;
    return { ...refused, reason: `this user lacks ${lacks.join(' and ')}${rest}`, said: error.message };
  }
  // What the machine lacks as a whole has its own message, and a remedy.
  const isOfTheSet = ['SKEP_ATTACH', 'SKEP_PERMISSION', 'SKEP_VERIFIER'].includes(error.code);
  if (verdict === 'refused' && isOfTheSet) return { ...refused, reason, remedy: '', said: error.message };
  return { ...refused, reason: error.message, ...(verdict === 'possible' ? { predicted: 'possible' } : {}) };
}

/** The same for what makes its rows itself, such as a program compiled at run time: it has one set, what its options ask for. */
export async function explainProgram(instance: PluginInstance): Promise<AttachPlan> {
  const host = new KernelHost(SILENT);
  const probe = await host.probeOf(instance, { everyMs: undefined });
  let error: SkepError | undefined;
  let programs: readonly ProgramInfo[] = [];
  let naming: readonly Requirement[] = [];
  try {
    await probe.open();
    programs = probe.attached ?? [];
    await probe.attach();
    programs = probe.attached ?? [];
    naming = namingOfProbe(probe);
  } catch (thrown) {
    // A mistake of the text is not an answer of the kernel.
    if (!isSkepError(thrown) || exitCodeOf(thrown) !== 3) throw thrown;
    error = thrown;
  } finally {
    await probe.close();
    await host.close();
  }
  const { message: reason, remedy } = error ?? { message: '', remedy: '' };
  const lacks = error ? namesOf(lackedBy(error)) : [];
  const privileges = privilegesOf(programs, new Set(), naming);
  const verdict: Verdict = error ? 'refused' : 'possible';
  return programPlan(instance, { programs, possible: !error, verdict, reason, remedy, note: '', lacks, privileges });
}

/** What another kernel makes of a program that is compiled on it cannot be told here. */
export function predictProgram(instance: PluginInstance, kernel: KernelDescription): AttachPlan {
  const reason = 'what it runs depends on that kernel';
  const privileges = privilegesOf([], new Set());
  const answer = { possible: false, verdict: 'unknown', reason, remedy: '', note: '' } as const;
  return { ...programPlan(instance, { programs: [], ...answer, lacks: [], privileges }), kernel: kernel.title };
}

function programPlan({ name, plugin }: PluginInstance, set: SetPlan): AttachPlan {
  const capabilities = capabilitiesOf(set.privileges);
  return { source: name, plugin: plugin.name, sets: [set], others: [], capabilities };
}

async function tryHere(
  host: KernelHost,
  plugin: LoadedPlugin,
  options: OptionValues,
  name: string,
  attachSet: number,
): Promise<SkepError | undefined> {
  const probe = host.probe({ name, plugin, options, everyMs: undefined, attachSet });
  try {
    await probe.open();
    await probe.attach();
    return undefined;
  } catch (error) {
    if (!isSkepError(error)) throw error;
    return error;
  } finally {
    await probe.close();
  }
}

function otherSets(plugin: LoadedPlugin, options: OptionValues, kernel: KernelDescription): OtherSet[] {
  const { info } = readPluginObject(plugin.definition);
  const chosen = new Set(attachSets(plugin.definition, options).map(({ programs }) => programs.join(' ')));
  const sectionOf = (name: string) => info.programs.find((program) => program.name === name)?.section ?? '';
  return predictEverySet(plugin, kernel.title, kernel)
    .filter(({ set }) => !chosen.has(set.join(' ')))
    .map(({ set, when, verdict, reason }) => ({
      programs: set.map((name) => ({ name, section: sectionOf(name) })),
      when,
      verdict,
      reason,
    }));
}

/**
 * The set to give an ordinary user capabilities for: of those that work here the one that needs least. Where none does,
 * the best of those that privileges alone may keep from working.
 */
export function modestSet(sets: readonly SetPlan[]): SetPlan {
  const weight = ({ privileges }: SetPlan) => weightOf(capabilitiesOf(privileges));
  const possible = sets.filter((set) => set.possible).sort((a, b) => weight(a) - weight(b));
  return possible[0] ?? sets.find(({ lacks }) => lacks.length > 0) ?? sets[0]!;
}
