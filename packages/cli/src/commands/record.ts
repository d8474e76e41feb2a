import { existsSync } from 'node:fs';
import { SkepError } from '@skep/core';
import {
  createFindUser,
  loadConfig,
  loadPlugin,
  type PluginInstance,
  Recording,
  type SinkInstance,
  summaryLines,
} from '@skep/runner';
import { createLog } from '../log.js';
import { onStopSignals } from '../signals.js';
import { COMMAND_LINE, stdoutInstance } from '../stdout-instance.js';
import { readDuration } from '../timer.js';
import { ownValue, readToolOptions, stopAfter } from '../tool-options.js';
import { createCommand, parseArgs } from '../usage.js';

const PROGRESS_MS = 500;

/** `skep record [FILE | tool...] -o FILE [-- the options of one tool]`: what comes from the kernel, undecoded, to a file. */
export async function run(args: readonly string[]): Promise<number> {
  const command = createCommand('record', 'Write the raw records of tools, or of the plugins of a YAML file, to a file')
    .usage('[options] <what...> [-- OPTIONS]')
    .argument(
      '<what...>',
      'A YAML file, or names of tools; after -- options and arguments of the one tool that is named',
    )
    .requiredOption('-o, --output <FILE>', 'File to write, such as out.skeprec')
    .option('--duration <TIME>', 'Stop after this time: 10s, 1m')
    .option('-p, --print', 'Print the rows as well')
    .option('--every <TIME>', 'Time between snapshots of tools that take them', '1s')
    .option('-v, --verbose', 'Say what happens');
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  if (parseArgs(command, args.slice(0, end))) return 0;
  const what = command.processedArgs[0] as readonly string[];
  const flags = command.opts<{
    output: string;
    duration?: string;
    every: string;
    print?: boolean;
    verbose?: boolean;
  }>();
  const durationMs = readDuration('--duration', flags.duration);
  const plugins = await pluginsOf(what, args.slice(end + 1), readDuration('--every', flags.every)!);
  const names = plugins.map(({ name }) => name);
  const stopMs = durationMs ?? ownDuration(plugins);
  const sinks: SinkInstance[] = flags.print ? [stdoutInstance({ output: 'table', headers: true }, names)] : [];
  const log = createLog(flags.verbose ? 'debug' : 'warn');
  const recording = await Recording.start(plugins, flags.output, log, { sinks, isForTable: flags.print === true });
  const release = onStopSignals(() => recording.stop());
  process.stderr.write(`skep: recording ${names.join(', ')} to ${flags.output}; Ctrl-C ends\n`);
  const progress = showProgress(recording, flags.print === true);
  const timer = stopMs === undefined ? undefined : setTimeout(() => recording.stop(), stopMs);
  try {
    await recording.finished();
  } finally {
    clearTimeout(timer);
    progress.stop();
    release();
  }
  for (const line of summaryLines(recording.account())) process.stderr.write(`skep: ${line}\n`);
  process.stderr.write(`skep: ${flags.output}: ${recording.bytes} bytes; see it with: skep replay ${flags.output}\n`);
  return 0;
}

async function pluginsOf(
  what: readonly string[],
  own: readonly string[],
  everyMs: number,
): Promise<readonly PluginInstance[]> {
  const [first] = what;
  const isFile = what.length === 1 && /\.ya?ml$|\//.test(first!);
  if (own.length > 0 && (isFile || what.length > 1)) {
    throw new SkepError('SKEP_USAGE', 'options after -- are of one tool', `skep record ${first} -o FILE`);
  }
  if (isFile) return (await loadConfig(first!)).plugins;
  const twice = what.find((name, i) => what.indexOf(name) !== i);
  if (twice !== undefined) throw new SkepError('SKEP_USAGE', `"${twice}" is named twice`, 'name it once');
  return Promise.all(
    what.map(async (name) => {
      if (existsSync(name) && /\.ya?ml$/.test(name)) {
        throw new SkepError(
          'SKEP_USAGE',
          `${name} is a file: record either one file or tools`,
          `skep record ${name} -o FILE`,
        );
      }
      const plugin = await loadPlugin(name, [process.cwd()]);
      const options = readToolOptions(plugin, own, createFindUser());
      return {
        name: plugin.name,
        plugin,
        options,
        everyMs: ownValue(plugin.definition, options, 'every') ?? everyMs,
        program: undefined,
        attach: [],
        allow: [],
        location: COMMAND_LINE,
      };
    }),
  );
}

/** How long the one tool that is recorded says that it runs. */
function ownDuration([first, ...others]: readonly PluginInstance[]): number | undefined {
  if (!first || others.length > 0) return undefined;
  return stopAfter(first.plugin.name, first.plugin.definition, first.options);
}

/** A line that is written anew, on a terminal only. */
function showProgress(recording: Recording, isPrinting: boolean): { stop(): void } {
  if (!process.stderr.isTTY || isPrinting) return { stop: () => undefined };
  const show = () => {
    const account = recording.account();
    const events = account.reduce((sum, { delivered }) => sum + delivered, 0n);
    process.stderr.write(`\r\x1b[K${events} events, ${(recording.bytes / 1e6).toFixed(1)} MB`);
  };
  const timer = setInterval(show, PROGRESS_MS);
  return {
    stop() {
      clearInterval(timer);
      process.stderr.write('\r\x1b[K');
    },
  };
}
