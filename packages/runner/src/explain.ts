import { type Capability, exitCodeOf, isSkepError, type Log, type OptionValues, type SkepError } from '@skep/core';
import type { ProgramProbe } from '@skep/libbcc';
import { attachSets, lackedBy, namesOf, type ProgramInfo, readObjectFile, weightOf } from '@skep/libbpf';
import { KernelHost } from './agent/kernel-host.js';
import { completeOptions } from './agent/open.js';
import { capabilitiesOf, privilegesOf, type SetPrivileges } from './capabilities.js';
import type { PluginInstance } from './config/config.js';
import type { LoadedPlugin } from './discovery/index.js';

/** What this kernel says to one attach set. */
export interface SetPlan {
  readonly programs: readonly ProgramInfo[];
  readonly possible: boolean;
  /** Why not; '' when it is possible. */
  readonly reason: string;
  /** What to do about it; '' when nothing is known. */
  readonly remedy: string;
  readonly note: string;
  /** Capabilities that this process does not have and that it was refused for. */
  readonly lacks: readonly Capability[];
  /** What an ordinary user needs for it. */
  readonly privileges: SetPrivileges;
}

/** What running a plugin would do here; the first possible set is the one taken. */
export interface AttachPlan {
  readonly source: string;
  readonly plugin: string;
  readonly sets: readonly SetPlan[];
  /** The smallest set of capabilities with which an ordinary user can run it: see `modestSet`. */
  readonly capabilities: readonly Capability[];
  /** Sinks its rows go to, when a configuration was asked about. */
  readonly sinks?: readonly string[];
}

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Load and attach every set for a moment, as the only honest answer to what a kernel allows; nothing stays attached. */
export async function explainPlugin(
  plugin: LoadedPlugin,
  options: OptionValues = completeOptions(plugin.definition, {}),
  source = plugin.name,
): Promise<AttachPlan> {
  const { info } = readObjectFile(plugin.definition.object.url);
  const sections = new Map(info.programs.map((program) => [program.name, program]));
  const sets: SetPlan[] = [];
  const host = new KernelHost(SILENT);
  for (const [attachSet, set] of attachSets(plugin.definition, options).entries()) {
    const programs = set.programs.map((name) => sections.get(name) ?? { name, section: '' });
    const error = await tryHere(host, plugin, options, source, attachSet);
    const { message: reason, remedy } = error ?? { message: '', remedy: '' };
    const lacks = error ? namesOf(lackedBy(error)) : [];
    const privileges = privilegesOf(programs, set.optional);
    sets.push({ programs, possible: error === undefined, reason, remedy, note: set.note ?? '', lacks, privileges });
  }
  await host.close();
  return { source, plugin: plugin.name, sets, capabilities: capabilitiesOf(modestSet(sets).privileges) };
}

/** The same for a program that is compiled at run time: it has one set, what its text and `attach` ask for. */
export async function explainProgram(instance: PluginInstance): Promise<AttachPlan> {
  const host = new KernelHost(SILENT);
  const probe = (await host.probeOf(instance, { everyMs: undefined })) as ProgramProbe;
  let error: SkepError | undefined;
  let programs: readonly ProgramInfo[] = [];
  try {
    await probe.open();
    programs = probe.functions.map((name) => ({ name, section: '' }));
    await probe.attach();
    programs = probe.attachments.map(({ fn, kind, target }) => ({ name: fn, section: `${kind}/${target}` }));
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
  const privileges = privilegesOf(programs, new Set());
  const set: SetPlan = { programs, possible: error === undefined, reason, remedy, note: '', lacks, privileges };
  const capabilities = capabilitiesOf(privileges);
  return { source: instance.name, plugin: instance.plugin.name, sets: [set], capabilities };
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

/**
 * The set to give an ordinary user capabilities for: of those that work here the one that needs least. Where none does,
 * the best of those that privileges alone may keep from working.
 */
export function modestSet(sets: readonly SetPlan[]): SetPlan {
  const weight = ({ privileges }: SetPlan) => weightOf(capabilitiesOf(privileges));
  const possible = sets.filter((set) => set.possible).sort((a, b) => weight(a) - weight(b));
  return possible[0] ?? sets.find(({ lacks }) => lacks.length > 0) ?? sets[0]!;
}
