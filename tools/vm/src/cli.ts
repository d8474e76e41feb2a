import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { parseArguments, type Request } from './arguments.js';
import { renderError, VmError } from './errors.js';
import { fetchKernel } from './fetch.js';
import { kernelTable } from './list.js';
import { runInVm } from './run.js';

/** Run the `vm` command; the result is the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    // `npm run vm` goes to the root of the workspace first; relative paths are meant from where it was typed.
    if (process.env.npm_lifecycle_event === 'vm' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
    return await perform(parseArguments(argv));
  } catch (error) {
    process.stderr.write(renderError(error));
    return error instanceof VmError ? error.exitCode : 1;
  }
}

async function perform(request: Request): Promise<number> {
  if (request.action === 'help') process.stdout.write(request.text);
  else if (request.action === 'list') process.stdout.write(kernelTable());
  else if (request.action === 'run') return runCommand(request);
  else {
    for (const name of request.kernels) {
      const { release, version, folder } = await fetchKernel(name, {
        headers: request.headers,
        update: request.update,
        log,
      });
      process.stdout.write(`${name}: ${release} (${version}) in ${folder}\n`);
    }
  }
  return 0;
}

async function runCommand(request: Request & { action: 'run' }): Promise<number> {
  const stop = new AbortController();
  let stoppedBy: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    stoppedBy ??= signal;
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  // `| head` has seen enough: end like a program that a closed pipe ends, without a word.
  process.stdout.on('error', () => onSignal('SIGPIPE'));
  try {
    const result = await runInVm({
      ...request.options,
      stdout: process.stdout,
      stderr: process.stderr,
      capture: false,
      signal: stop.signal,
      log,
    });
    if (request.consoleFile !== undefined) writeFileSync(request.consoleFile, result.console);
    if (request.isVerbose) {
      const { release, seconds, bootSeconds, exitCode } = result;
      log(`${release}: exit ${exitCode} after ${seconds.toFixed(1)} s, ${bootSeconds.toFixed(1)} s of them to boot`);
    }
    return result.exitCode;
  } catch (error) {
    if (request.consoleFile !== undefined && error instanceof VmError)
      writeFileSync(request.consoleFile, error.console);
    if (stoppedBy !== undefined) return 128 + constants.signals[stoppedBy];
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function log(line: string): void {
  process.stderr.write(`vm: ${line}\n`);
}
