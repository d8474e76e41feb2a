import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeclared, isSkepError, type OptionValues, type Plugin, SkepError, type StreamDefinition } from '@skep/core';
import { type Config, checkWhereByColumns, createFindUser, type LoadedPlugin, loadPlugin } from '@skep/runner/tool';
import type { Command } from 'commander';
import { startCommand, type TracedCommand } from './exec.js';
import { addFeatureFlag, readFeatures } from './features.js';
import { createLog } from './log.js';
import { type RunOnceOptions, runOnce } from './run-once.js';
import { COMMAND_LINE, FORMATS, outputInstance } from './stdout-instance.js';
import { MAX_TIMER_MS, readDuration } from './timer.js';
import { addToolArguments, addToolFlags, ownValue, readToolFlags, splitCommand, stopAfter } from './tool-options.js';
import { createCommand, parseArgs } from './usage.js';

/** `skep <tool> [the tool's own flags] [interval [count]]`: BCC's spelling and layout, until Ctrl-C. */
export async function runTool(name: string, args: readonly string[]): Promise<number> {
  const loaded = await loadPlugin(name, [process.cwd()]);
  const plugin = loaded.definition;
  const command = createCommand(loaded.name, loaded.description).allowExcessArguments();
  const flags = addToolFlags(command, plugin);
  const most = addToolArguments(command, plugin);
  const isPeriodic = Object.values(plugin.streams).some(isSnapshot);
  // Words for the interval can be told only where those before them are counted; a number is not two things.
  const takesInterval = isPeriodic && most < Number.POSITIVE_INFINITY && !takesDuration(plugin);
  if (takesInterval) {
    command.argument('[interval]', 'Seconds between outputs', undefined);
    command.argument('[count]', 'Number of outputs', undefined);
  }
  addCommonFlags(command);
  const { own, take } = splitCommand(flags, args);
  if (parseArgs(command, own)) return 0;
  take(command);
  const common = command.opts() as CommonFlags;
  if (common.ebpf && !plugin.source) return printSource(loaded);
  const without = readFeatures(command);
  const options = readToolFlags(loaded.name, plugin, flags, command, createFindUser());
  if (common.ebpf) {
    process.stdout.write(await plugin.source!(options));
    return 0;
  }
  refuseExcess(loaded.name, command.args, most + (takesInterval ? 2 : 0));
  const bare = readNumbers(loaded.name, takesInterval ? command.args.slice(most) : []);
  const everyMs = bare.everyMs ?? ownValue(plugin, options, 'every');
  const count = bare.count ?? ownValue(plugin, options, 'outputs');
  const durationMs = readDuration('--duration', common.duration) ?? stopAfter(loaded.name, plugin, options);
  const intervalMs = everyMs ?? (plugin.interval === undefined ? undefined : plugin.interval * 1000);
  const configFor = (values: OptionValues) => oneToolConfig(loaded, values, intervalMs ?? 1000, common);
  let config = configFor(options);
  if (common.where !== undefined) await checkWhereByColumns(common.where, config.plugins);
  // A tool's own --verbose means something else.
  const verbose = common.verbose === true && !plugin.options?.verbose;
  // Last, so that no mistake leaves a command waiting.
  const traced = await startTraced(plugin, options);
  if (traced) config = configFor({ ...options, pid: traced.pid });
  return atItsLine(loaded, {
    config,
    log: createLog(verbose ? 'debug' : 'warn'),
    debug: verbose,
    without,
    isForTable: common.output === 'table',
    snapshots: isPeriodic && intervalMs !== undefined ? count : undefined,
    onlyAtEnd: isPeriodic && intervalMs === undefined,
    durationMs,
    ...(traced ? { traced } : {}),
  });
}

/** Whether a word without a flag says how long to run. */
function takesDuration({ options, arguments: list = [] }: Plugin): boolean {
  return list.some(({ option }) => options![option]!.kind === 'stop-after');
}

/** Whether a stream has a batch per interval, and not per event. */
function isSnapshot(stream: StreamDefinition): boolean {
  return 'snapshot' in stream || (isDeclared(stream) && (stream.shape ?? 'events') !== 'events');
}

/** Run it; what the verifier refuses is shown in the source, when that is there. */
async function atItsLine({ folder }: LoadedPlugin, options: RunOnceOptions): Promise<number> {
  try {
    return await runOnce(options);
  } catch (error) {
    if (!isSkepError(error) || error.details === undefined) throw error;
    throw (await import('@skep/build')).atAuthorsLine(error, folder);
  }
}

interface CommonFlags {
  readonly output: string;
  readonly fields?: string;
  readonly where?: string;
  readonly duration?: string;
  readonly headers: boolean;
  readonly verbose?: boolean;
  readonly ebpf?: boolean;
  readonly keepPrivileges?: boolean;
  readonly allow?: string;
}

/** Flags of every tool. A tool's own flag of the same letter wins: the common one then has its long form only. */
function addCommonFlags(command: Command): void {
  command.optionsGroup('Options of every tool:');
  const taken = new Set(command.options.flatMap(({ short, long }) => [short, long]));
  const add = (short: string | undefined, long: string, value: string, help: string, initial?: string) => {
    if (taken.has(long)) return;
    const flags = short !== undefined && !taken.has(short) ? `${short}, ${long}` : long;
    command.option(`${flags}${value}`, help, initial);
  };
  add(
    '-o',
    '--output',
    ' <FORMAT>',
    `How rows are written: ${FORMATS.join(', ')}; FILE.svg or FILE.html: a flame graph`,
    'table',
  );
  add(undefined, '--fields', ' <LIST>', 'Only these fields, in this order');
  add(undefined, '--where', ' <EXPR>', "Only rows for which this holds: uid == 0 && comm != 'node'");
  add(undefined, '--duration', ' <TIME>', 'Stop after this time: 10s, 1m');
  add(undefined, '--no-headers', '', 'No header lines');
  add('-v', '--verbose', '', 'Say what happens, with libbpf’s log');
  add(undefined, '--keep-privileges', '', 'Do not drop capabilities once everything is attached');
  add(undefined, '--allow', ' <HELPERS>', 'Helpers that change what is traced, which the plugin may call');
  add(undefined, '--ebpf', '', 'Print the BPF C program and stop');
  if (!taken.has('--no-feature')) addFeatureFlag(command);
}

function refuseExcess(tool: string, args: readonly string[], most: number): void {
  const extra = most === Number.POSITIVE_INFINITY ? undefined : args[most];
  if (extra === undefined) return;
  const why = most === 0 ? `${tool} prints events as they happen and takes no interval` : 'too many arguments';
  throw new SkepError('SKEP_USAGE', `${why}, got "${extra}"`, `see: skep ${tool} --help`);
}

interface BareNumbers {
  readonly everyMs: number | undefined;
  readonly count: number | undefined;
}

/** The numbers without a flag: time between outputs and count of them. */
function readNumbers(tool: string, args: readonly string[]): BareNumbers {
  const number = (text: string, what: string, valid: (n: number) => boolean): number => {
    const n = Number(text);
    if (text.trim() !== '' && Number.isFinite(n) && valid(n)) return n;
    throw new SkepError(
      'SKEP_USAGE',
      `${what} of ${tool}: expected a number above 0, got "${text}"`,
      `see: skep ${tool} --help`,
    );
  };
  const [interval, count] = args;
  return {
    everyMs:
      interval === undefined
        ? undefined
        : number(interval, 'interval', (n) => n > 0 && n * 1000 <= MAX_TIMER_MS) * 1000,
    count: count === undefined ? undefined : number(count, 'count', (n) => n > 0 && Number.isInteger(n)),
  };
}

async function startTraced(plugin: Plugin, options: OptionValues): Promise<TracedCommand | undefined> {
  const found = Object.entries(plugin.options ?? {}).find(([, { kind }]) => kind === 'command');
  const command = found && (options[found[0]] as readonly string[] | undefined);
  return command ? startCommand(command) : undefined;
}

/** What a YAML file with this one plugin and standard output would give. */
function oneToolConfig(plugin: LoadedPlugin, options: OptionValues, everyMs: number, flags: CommonFlags): Config {
  return {
    version: 1,
    file: COMMAND_LINE.file,
    folder: process.cwd(),
    agent: {
      name: '',
      metrics: undefined,
      log: 'warn',
      user: undefined,
      privileges: flags.keepPrivileges ? 'keep' : 'drop',
    },
    plugins: [
      {
        name: plugin.name,
        plugin,
        options,
        everyMs,
        program: undefined,
        attach: [],
        allow: flags.allow?.split(',') ?? [],
        location: COMMAND_LINE,
      },
    ],
    processors: [],
    sinks: [outputInstance(flags, [plugin.name])],
  };
}

function printSource({ folder }: LoadedPlugin): number {
  const source = join(folder, 'src');
  for (const file of readdirSync(source).filter((name) => /\.bpf\.[ch]$/.test(name))) {
    process.stdout.write(readFileSync(join(source, file)));
  }
  return 0;
}
