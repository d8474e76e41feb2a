import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One tracer, with its output in files. */
export class Traced {
  readySeconds: number | null = null;
  readonly #stem: string;
  readonly #child: ChildProcess;
  readonly #started = performance.now();

  /** Output goes to `stem`.out and .err. */
  constructor(stem: string, program: string, args: readonly string[]) {
    mkdirSync(dirname(stem), { recursive: true });
    this.#stem = stem;
    this.#child = spawn(program, args, {
      stdio: ['ignore', openSync(`${this.#stem}.out`, 'w'), openSync(`${this.#stem}.err`, 'w')],
      env: { ...process.env, PYTHONUNBUFFERED: '1' },
    });
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Until the first line that is not empty: each prints it when it has attached. */
  async ready(timeoutMs: number): Promise<void> {
    while (!this.#hasEnded && performance.now() - this.#started < timeoutMs) {
      if (readFileSync(`${this.#stem}.out`, 'utf8').trim() !== '') {
        this.readySeconds = (performance.now() - this.#started) / 1000;
        log(`${this.#stem} attached in ${this.readySeconds.toFixed(0)} s`);
        return;
      }
      await sleep(500);
    }
    log(`${this.#stem}: not attached: ${this.errors()}`);
  }

  written(): number {
    return statSync(`${this.#stem}.out`).size;
  }

  errors(): string {
    return readFileSync(`${this.#stem}.err`, 'utf8').trim().split('\n').at(-1) ?? '';
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGINT');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    await ended;
    clearTimeout(timer);
  }
}

export function log(line: string): void {
  process.stderr.write(`peers: ${line}\n`);
}
