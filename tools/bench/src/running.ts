import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { treeCpuNs } from './cpu.js';
import { processTree } from './process-tree.js';
import type { Command } from './subjects/subject.js';

const LOOK_MS = 300;
const QUIET = 0.05; // below this part of a CPU a subject is waiting, not compiling or catching up

/** A subject that has been started, its output going to a file. */
export class Running {
  readonly #child: ChildProcess;
  readonly #errors: string;
  #ended = false;

  private constructor(child: ChildProcess, errors: string) {
    this.#child = child;
    this.#errors = errors;
    child.once('close', () => (this.#ended = true));
    child.once('error', () => (this.#ended = true));
  }

  /** Starts it, standard output to the file `output`, standard error to `errors`. */
  static start(command: Command, output: string, errors: string): Running {
    const [out, err] = [openSync(output, 'w'), openSync(errors, 'w')];
    try {
      const [program, ...args] = command.argv;
      const env = { ...process.env, ...command.env };
      return new Running(spawn(program, args, { stdio: ['ignore', out, err], env }), errors);
    } finally {
      closeSync(out);
      closeSync(err);
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  cpuNs(): Promise<number> {
    return treeCpuNs(this.pid);
  }

  /**
   * Waits until it has BPF programs loaded and has gone quiet. What a subject prints does not tell: most of them buffer it.
   * @throws Error with the end of its standard error when it ended, or is not ready in time.
   */
  async ready(limitS: number): Promise<void> {
    const deadline = Date.now() + limitS * 1000;
    while (!this.#hasPrograms()) {
      if (this.#ended || Date.now() > deadline) throw new Error(this.#lastWords());
      await sleep(20);
    }
    await this.quiet(limitS);
    if (this.#ended) throw new Error(this.#lastWords());
  }

  /** Waits until it uses hardly any CPU in two looks running: whatever was waiting for it has been dealt with. */
  async quiet(limitS: number): Promise<void> {
    const deadline = Date.now() + limitS * 1000;
    let before = await this.cpuNs();
    for (let quiet = 0; quiet < 2 && !this.#ended && Date.now() < deadline; ) {
      const start = Date.now();
      await sleep(LOOK_MS);
      const now = await this.cpuNs();
      quiet = now - before < (Date.now() - start) * 1e6 * QUIET ? quiet + 1 : 0;
      before = now;
    }
  }

  /** Ends it as Ctrl-C does, so that it writes what it holds; by force when it does not follow. */
  async stop(): Promise<void> {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
      if (this.#ended) return;
      this.#child.kill(signal);
      for (let waitedMs = 0; waitedMs < 60_000 && !this.#ended; waitedMs += 50) await sleep(50);
    }
  }

  /** What it wrote to its standard error so far. */
  errors(): string {
    return readFileSync(this.#errors, 'latin1');
  }

  #hasPrograms(): boolean {
    return [...processTree(this.pid).keys()].some((pid) =>
      openFiles(pid).some((name) => /bpf[-_](prog|link)/.test(name)),
    );
  }

  #lastWords(): string {
    const last = this.errors().trim().split('\n').at(-1);
    return this.#ended ? `ended: ${last || 'without a word'}` : 'not ready in time';
  }
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // ended, or a descriptor closed meanwhile: look again
  }
}
