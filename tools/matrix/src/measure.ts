import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { release as releaseHere } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { SelfTestResult } from '@skep/runner/tool';
import { fetchKernel, runInVm, VmError } from '@skep/vm';
import { HERE } from './kernels.js';
import { type DeclaredSet, type MatrixRow, matrixRows } from './rows.js';

const WORKSPACE = fileURLToPath(new URL('../../..', import.meta.url));
const SKEP = join(WORKSPACE, 'packages/cli/bin/skep.mjs');

export interface MeasureOptions {
  readonly cpus: number;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  /** Ends the machine. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/**
 * Every declared set on one kernel: one boot, and one process for all self-tests, as a start of Node.js takes 2 s in an
 * emulated machine.
 *
 * A machine that dies on the way leaves what it said before; the sets it did not come to are `wrong`, with its reason.
 *
 * @throws VmError when the kernel cannot be fetched or does not boot.
 */
export async function measure(
  kernel: string,
  declared: readonly DeclaredSet[],
  options: MeasureOptions,
): Promise<MatrixRow[]> {
  const tools = [...new Set(declared.map(({ tool }) => tool))];
  const command = ['node', SKEP, 'selftest', ...tools, '--attach', 'all', '--cost', '-o', 'json'];
  const output = new Collected();
  let release = releaseHere();
  let failure = '';
  if (kernel === HERE) {
    if (process.getuid?.() !== 0) {
      throw new VmError('VM_HOST', 'the self-tests on this kernel need root', 'Run as root, or name others: --kernel.');
    }
    failure = await runHere(command, output, options.signal);
  } else {
    const { log, cpus, memoryMb, timeoutMs, signal } = options;
    release = (await fetchKernel(kernel, { log })).release;
    try {
      const { stderr, exitCode } = await runInVm({
        kernel,
        command,
        cwd: WORKSPACE,
        cpus,
        memoryMb,
        timeoutMs,
        signal,
        stdout: output,
        log,
      });
      failure = exitCode > 1 ? stderr : '';
    } catch (error) {
      // Without a single result it is the machine's fault, not a tool's.
      if (!(error instanceof VmError) || output.text === '' || signal.aborted) throw error;
      failure = error.message;
    }
  }
  return cellsOf(declared, parseResults(output.text), { kernel, release }, failure.trim());
}

/** `failure`: why the tests did not run to their end; '' when they did. */
export function cellsOf(
  declared: readonly DeclaredSet[],
  results: readonly SelfTestResult[],
  where: Pick<MatrixRow, 'kernel' | 'release'>,
  failure: string,
): MatrixRow[] {
  if (failure === '') return matrixRows(declared, results, where);
  // Of the tool that came last it is not known whether it was done.
  const last = results.at(-1)?.plugin;
  const done = results.filter(({ plugin }) => plugin !== last);
  const reason = `the run ended before this set, or in it: ${failure}`;
  return matrixRows(declared, done, where, { verdict: 'wrong', reason });
}

/** Why the tests did not run to their end; '' when they did. */
async function runHere(command: readonly string[], output: Writable, signal: AbortSignal): Promise<string> {
  const [program, ...args] = command;
  const child = spawn(program!, args, { cwd: WORKSPACE, stdio: ['ignore', 'pipe', 'pipe'] });
  signal.addEventListener('abort', () => child.kill());
  const errors = new Collected();
  child.stdout.pipe(output);
  child.stderr.pipe(errors);
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0 || code === 1 ? '' : errors.text || `ended with ${code}`;
}

/** One result to a line, as `skep selftest -o json` writes them; the last may be cut. */
export function parseResults(text: string): SelfTestResult[] {
  return text
    .split('\n')
    .map((line) => line.replace(/,$/, ''))
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as SelfTestResult);
}

class Collected extends Writable {
  text = '';

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
