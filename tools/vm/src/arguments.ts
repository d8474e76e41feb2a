import { Command, CommanderError, Option } from 'commander';
import type { Accelerator } from './accelerator.js';
import { VmError } from './errors.js';
import { KERNELS, kernelNamed } from './kernels.js';
import {
  DEFAULT_BOOT_TIMEOUT_MS,
  DEFAULT_CPUS,
  DEFAULT_MEMORY_MB,
  DEFAULT_TIMEOUT_MS,
  type VmOptions,
} from './options.js';
import { parseDurationMs } from './units.js';

/** What the command line asks for. */
export type Request =
  | { readonly action: 'run'; readonly options: VmOptions; readonly consoleFile?: string; readonly isVerbose: boolean }
  | {
      readonly action: 'fetch';
      readonly kernels: readonly string[];
      readonly headers: boolean;
      readonly update: boolean;
    }
  | { readonly action: 'list' }
  | { readonly action: 'help'; readonly text: string };

interface RunFlags {
  kernel: string;
  cpus: number;
  memory: number;
  timeout: number;
  bootTimeout: number;
  disk?: string[];
  module?: string[];
  env?: Record<string, string>;
  append?: string[];
  out?: string;
  headers?: boolean;
  accel: Accelerator | 'auto';
  console?: string;
  verbose?: boolean;
}

/**
 * Turn arguments, without node and script, into a request.
 *
 * @throws VmError VM_USAGE for anything that cannot be meant.
 */
export function parseArguments(argv: readonly string[]): Request {
  let request: Request | undefined;
  let printed = '';
  const program = new Command('vm')
    .description('Run a command on another kernel: Debian kernels under QEMU, with this machine’s root inside.')
    .enablePositionalOptions()
    .helpCommand(false);
  const names = KERNELS.map((kernel) => kernel.name).join(', ');

  program
    .command('run')
    .description('boot a kernel, run a command in the current folder, exit with its status')
    .usage('--kernel NAME [options] -- COMMAND [ARGS...]')
    .argument('<command>')
    .argument('[args...]')
    .passThroughOptions()
    .requiredOption('-k, --kernel <name>', `one of ${names}`, kernelName)
    .option('--cpus <n>', 'processors', positive, DEFAULT_CPUS)
    .option('--memory <MB>', 'memory in megabytes', positive, DEFAULT_MEMORY_MB)
    .addOption(duration('--timeout <time>', 'for boot and command together', DEFAULT_TIMEOUT_MS))
    .addOption(duration('--boot-timeout <time>', 'for the boot alone', DEFAULT_BOOT_TIMEOUT_MS))
    .option('--disk <size|file>', 'a disk: 1G is an empty one, else a raw image; /dev/vda and on', append)
    .option('--module <words>', 'for modprobe before the command: "null_blk nr_devices=1"', append)
    .option('--env <K=V>', 'into the environment, or K alone for the value it has here', appendEnv)
    .option('--append <word>', 'a kernel parameter, such as lockdown=integrity', append)
    .option('--out <folder>', 'a folder that the guest writes to as /vmout')
    .option('--headers', 'fetch the kernel headers too, for BCC')
    .addOption(
      new Option('--accel <how>', 'auto is kvm where a trial boot works')
        .choices(['auto', 'kvm', 'tcg'])
        .default('auto'),
    )
    .option('--console <file>', 'write what the kernel printed to a file')
    .option('-v, --verbose', 'say the release and the times at the end')
    .action((command: string, args: string[], flags: RunFlags) => {
      request = runRequest([command, ...args], flags);
    });

  program
    .command('fetch')
    .description('put a kernel in the cache')
    .option('-k, --kernel <name>', `one of ${names}, or all; may be repeated`, appendKernel)
    .option('--headers', 'and its headers, for BCC')
    .option('--update', 'look for a newer build than the cached one')
    .action((flags: { kernel?: string[]; headers?: boolean; update?: boolean }) => {
      const { kernel: kernels, headers = false, update = false } = flags;
      if (kernels === undefined) {
        throw new VmError('VM_USAGE', 'fetch: which kernel?', `Give --kernel, one of ${names}, or all.`);
      }
      request = { action: 'fetch', kernels, headers, update };
    });

  program
    .command('list')
    .description('kernels known, and what is cached of them')
    .action(() => {
      request = { action: 'list' };
    });

  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: (text) => (printed += text), writeErr: () => {} });
  }
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { action: 'help', text: printed };
    if (error.code === 'commander.help') return { action: 'help', text: program.helpInformation() };
    throw new VmError(
      'VM_USAGE',
      error.message.replace(/^error: /, ''),
      'vm --help and vm run --help say what there is.',
    );
  }
  return request ?? { action: 'help', text: program.helpInformation() };
}

function runRequest(command: readonly string[], flags: RunFlags): Request {
  const options: VmOptions = {
    kernel: flags.kernel,
    command,
    cpus: flags.cpus,
    memoryMb: flags.memory,
    timeoutMs: flags.timeout,
    bootTimeoutMs: flags.bootTimeout,
    disks: flags.disk ?? [],
    modules: flags.module ?? [],
    env: flags.env ?? {},
    append: flags.append ?? [],
    headers: flags.headers ?? false,
    accelerator: flags.accel,
    ...(flags.out === undefined ? {} : { out: flags.out }),
  };
  const isVerbose = flags.verbose ?? false;
  return { action: 'run', options, isVerbose, ...(flags.console === undefined ? {} : { consoleFile: flags.console }) };
}

function kernelName(text: string): string {
  return kernelNamed(text).name;
}

function append(text: string, before: string[] = []): string[] {
  return [...before, text];
}

function appendKernel(text: string, before: string[] = []): string[] {
  return [...before, ...(text === 'all' ? KERNELS.map((kernel) => kernel.name) : [kernelName(text)])];
}

function appendEnv(text: string, before: Record<string, string> = {}): Record<string, string> {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:=([\s\S]*))?$/.exec(text);
  if (match === null) throw new VmError('VM_USAGE', `--env ${text}: no variable`, 'Write it as NAME=value.');
  const name = match[1]!;
  const value = match[2] ?? process.env[name];
  return value === undefined ? before : { ...before, [name]: value };
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0)
    throw new VmError('VM_USAGE', `"${text}" is no count`, 'Give a whole number above 0.');
  return value;
}

function duration(flags: string, description: string, valueMs: number): Option {
  return new Option(flags, description).argParser(parseDurationMs).default(valueMs, `${valueMs / 1000}s`);
}
