import { exitCodeOf, isSkepError, type Log, type OptionValues, type SkepError } from '@skep/core';
import type { ProgramProbe } from '@skep/libbcc';
import { attachSets, type ProgramInfo, readObjectFile } from '@skep/libbpf';
import { KernelHost } from './agent/kernel-host.js';
import { completeOptions } from './agent/open.js';
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
}

/** What running a plugin would do here; the first possible set is the one taken. */
export interface AttachPlan {
  readonly source: string;
  readonly plugin: string;
  readonly sets: readonly SetPlan[];
  readonly capabilities: readonly string[];
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
    sets.push({ programs, possible: error === undefined, reason, remedy, note: set.note ?? '' });
  }
  await host.close();
  return { source, plugin: plugin.name, sets, capabilities: capabilitiesOf(sets) };
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
  const sets = [{ programs, possible: error === undefined, reason, remedy, note: '' }];
  return { source: instance.name, plugin: instance.plugin.name, sets, capabilities: capabilitiesOf(sets) };
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

/** What loading and attaching need below root: see capabilities(7), CAP_BPF and CAP_PERFMON since Linux 5.8. */
function capabilitiesOf(sets: readonly SetPlan[]): string[] {
  const programs = (sets.find(({ possible }) => possible) ?? sets[0])?.programs ?? [];
  const needed = ['CAP_BPF', 'CAP_PERFMON'];
  const throughTracefs = programs.some(({ section }) => /^(tp|tracepoint|kprobe|kretprobe)\//.test(section));
  return throughTracefs ? [...needed, 'a readable tracefs'] : needed;
}
