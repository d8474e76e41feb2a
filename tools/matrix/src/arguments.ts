import { availableParallelism } from 'node:os';
import { parseDurationMs, VmError } from '@skep/vm';
import { Command, CommanderError, Option } from 'commander';
import { FORMATS, type Format } from './format.js';
import { COLUMNS } from './kernels.js';

export interface MatrixArguments {
  readonly tools: readonly string[];
  /** In the order of `COLUMNS`. */
  readonly kernels: readonly string[];
  readonly output: Format;
  readonly publish: boolean;
  /** Guests at a time. */
  readonly jobs: number;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly timeoutMs: number;
}

/** What one guest takes at most; a hundred tools need half of it. */
const TIMEOUT_MS = 3_600_000;
const MEMORY_MB = 2000;
/** Two guests with a processor each do more in a time than one with two: most of the work has one thread. */
const MOST_JOBS = 2;

/**
 * The command line, or the text of its help.
 *
 * @throws VmError VM_USAGE for anything that cannot be meant.
 */
export function parseArguments(argv: readonly string[]): MatrixArguments | string {
  let help = '';
  const command = new Command('matrix')
    .description('What each kernel makes of every attach set: every self-test, by every set, on every kernel')
    .option('-t, --tool <name>', 'only this tool; may be repeated, or a list with commas', list, [])
    .option('-k, --kernel <name>', `only this kernel, of ${COLUMNS.join(', ')}; likewise`, list, [])
    .addOption(new Option('-o, --output <format>', 'how it is written').choices(FORMATS).default('table'))
    .option('--publish', 'put it into tools/matrix/results.json, which docs/kernels.md is made of')
    .option('--jobs <n>', 'guests at a time', count, Math.min(MOST_JOBS, availableParallelism()))
    .option('--cpus <n>', 'processors of a guest', count, 1)
    .option('--memory <MB>', 'memory of a guest', count, MEMORY_MB)
    .addOption(
      new Option('--timeout <time>', 'for one kernel')
        .argParser(parseDurationMs)
        .default(TIMEOUT_MS, `${TIMEOUT_MS / 60_000}m`),
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => (help += text), writeErr: () => {} });
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return help;
    throw new VmError('VM_USAGE', error.message.replace(/^error: /, ''), 'matrix --help says what there is.');
  }
  const flags = command.opts();
  const wanted = flags.kernel as string[];
  const unknown = wanted.find((name) => !COLUMNS.includes(name));
  if (unknown !== undefined) {
    throw new VmError('VM_USAGE', `unknown kernel "${unknown}"`, `Known kernels: ${COLUMNS.join(', ')}.`);
  }
  return {
    tools: flags.tool,
    kernels: COLUMNS.filter((name) => wanted.length === 0 || wanted.includes(name)),
    output: flags.output,
    publish: flags.publish ?? false,
    jobs: flags.jobs,
    cpus: flags.cpus,
    memoryMb: flags.memory,
    timeoutMs: flags.timeout,
  };
}

function list(text: string, before: readonly string[]): string[] {
  return [...before, ...text.split(',').filter(Boolean)];
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new VmError('VM_USAGE', `"${text}" is no count`, 'Give a whole number above 0.');
}
