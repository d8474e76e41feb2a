import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { linksOf } from './bpf.js';
import { ROOT, SKEP } from './paths.js';
import { until } from './until.js';

export interface RunOptions {
  /** A command that becomes skep: `['setpriv', '--reuid=65534', '--clear-groups']`. */
  readonly through?: readonly string[];
  /** Default: the root of the workspace. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The script of another installation; default: that of the workspace. */
  readonly script?: string;
  /** Where standard output goes instead of `stdout`. */
  readonly stdout?: number;
  /** Nobody reads standard output until `read()`. */
  readonly unread?: boolean;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `skep`. It is killed when the test ends before it. */
export class Skep {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  hasEnded = false;
  private readonly out: Buffer[] = [];
  private readonly err: Buffer[] = [];

  constructor(
    args: readonly string[],
    { through = [], cwd = ROOT, env = {}, script = SKEP, stdout, unread }: RunOptions = {},
  ) {
    const [program, ...rest] = [...through, process.execPath, script, ...args];
    const options: SpawnOptions = {
      cwd,
      env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
      stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
    };
    this.child = spawn(program!, rest, options);
    this.child.stderr!.on('data', (bytes: Buffer) => this.err.push(bytes));
    if (!unread) this.read();
    this.ended = once(this.child, unread ? 'exit' : 'close').then(([code, signal]) => {
      this.hasEnded = true;
      return { code, signal, stdout: this.stdout, stderr: this.stderr };
    });
    onTestFinished(() => {
      if (!this.hasEnded) this.child.kill('SIGKILL');
    });
  }

  /** Begin to read standard output. */
  read(): void {
    this.child.stdout?.on('data', (bytes: Buffer) => this.out.push(bytes));
  }

  get pid(): number {
    return this.child.pid!;
  }
  get bytes(): Buffer {
    return Buffer.concat(this.out);
  }
  get stdout(): string {
    return this.bytes.toString('utf8');
  }
  get stderr(): string {
    return Buffer.concat(this.err).toString('utf8');
  }
  get lines(): string[] {
    return linesOf(this.stdout);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Wait for `condition`, which cannot come any more once skep has ended. */
  until<T>(what: string, condition: () => T | undefined | false): Promise<T> {
    return until(
      what,
      () => {
        const ended = this.hasEnded;
        const value = condition();
        if (ended && (value === undefined || value === false))
          throw new Error(`skep ended before ${what}\n${this.said}`);
        return value;
      },
      () => this.said,
    );
  }

  /** A tool prints its header, and an agent says what runs, once everything is attached. */
  attached(): Promise<unknown> {
    return this.until(
      'everything is attached',
      () => /Ctrl-C ends/.test(this.stderr) || /^\S*PID .*\n/m.test(this.stdout),
    );
  }

  /** Links that skep holds right now, by program id. */
  get links(): readonly number[] {
    return linksOf(this.pid);
  }

  private get said(): string {
    return `standard output:\n${this.stdout.slice(-2000)}\nstandard error:\n${this.stderr.slice(-2000)}`;
  }
}

export function startSkep(args: readonly string[], options?: RunOptions): Skep {
  return new Skep(args, options);
}

/** Run `skep` to its end. */
export function runSkep(args: readonly string[], options?: RunOptions): Promise<Ended> {
  return new Skep(args, options).ended;
}

export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Rows of a file of JSON lines, which may be being written: without a last one that is not whole. */
// biome-ignore lint/suspicious/noExplicitAny: a row's fields are known to the test that reads them
export function rowsIn(file: string): any[] {
  const text = readFileSync(file, 'utf8');
  return linesOf(text.slice(0, text.lastIndexOf('\n') + 1)).map((line) => JSON.parse(line));
}

export interface Account {
  readonly attempted: number;
  readonly delivered: number;
  readonly lost: number;
  readonly filtered: number;
  /** By reason, as the summary names them. */
  readonly losses: Readonly<Record<string, number>>;
}

/** The line of the summary that begins with `head`: `opens: 5 attempted = 3 delivered + 2 lost (2 ring full)`. */
export function accountOf(stderr: string, head: string): Account {
  const line = linesOf(stderr).find((text) => text.startsWith(`skep: ${head}: `) && text.includes(' attempted = '));
  if (line === undefined) throw new Error(`no summary of ${head} in:\n${stderr}`);
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}\\b`).exec(line)?.[1] ?? 0);
  const reasons = /lost \((.*?)\)/.exec(line)?.[1]?.split(', ') ?? [];
  const losses = reasons
    .map((text) => /^(\d+) (.*)$/.exec(text)!)
    .map(([, n, reason]) => [reason!, Number(n)] as const);
  if (line.includes('unaccounted')) throw new Error(`the summary does not add up: ${line}`);
  return {
    attempted: count('attempted'),
    delivered: count('delivered'),
    lost: count('lost'),
    filtered: count('filtered'),
    losses: Object.fromEntries(losses),
  };
}
