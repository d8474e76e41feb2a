import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchBuilder,
  type Log,
  type OptionDefinitions,
  type OptionValues,
  option,
  type PluginDefinition,
  type Row,
  rowsOf,
  type Symbolizer,
} from '@skep/core';
import { compile, noClang } from './fixture.js';
import { type LoadedFile, ObjectProbe, Poller, readObject } from './index.js';

/** Why the kernel cannot be asked here; undefined when it can. */
export const noKernel: string | undefined =
  noClang ?? (process.getuid?.() === 0 ? undefined : 'not root, and no CAP_BPF is looked for');

/** Calls with this first argument are the ones that the tests make; others of the machine are not looked at. */
export const MAGIC = 0x5ee9;

/** The start of every program of these tests: getpriority(2) with a `which` that does not exist fails at once. */
export const PREAMBLE = `
#include <skep/probe.bpf.h>
#include <skep/kernel/trace.h>

const volatile __u32 opt_magic = 0;

#define ON_CALL(name) \\
	SEC("tracepoint/syscalls/sys_enter_getpriority") int name(struct trace_event_raw_sys_enter *ctx)
#define IS_OURS(ctx) (opt_magic && (__u32)(ctx)->args[0] == opt_magic)
`;

/** One record per call: its number, as the storm counts. */
export const NUMBERED = `${PREAMBLE}
struct test_event {
	__u64 number;
	__u32 pid;
	__u32 filler[9];
};
`;

const options: OptionDefinitions = { magic: option.integer('First argument of the calls to see') };

export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface TestProbe {
  readonly probe: ObjectProbe;
  readonly poller: Poller;
  readonly file: LoadedFile;
  /** Everything drained so far. */
  readonly rows: Row[];
  /** Losses that came with the batches. */
  lost: number;
  /** Snapshots drained so far. */
  snapshots: number;
  /** Take what there is; returns rows. */
  drain(): number;
  /** Detach, take the rest, close. */
  finish(): Promise<void>;
}

/** A probe over a program compiled here. The caller opens, attaches and finishes it. */
export function probeOf(
  source: string,
  definition: Pick<PluginDefinition, 'attach' | 'streams'>,
  { everyMs, name = 'skep_test', symbolizer }: { everyMs?: number; name?: string; symbolizer?: Symbolizer } = {},
): TestProbe {
  const bytes = compile(source);
  const file = { bytes, info: readObject(bytes) };
  const poller = new Poller();
  const whole = { ...definition, object: { url: new URL('file:///nowhere') }, options } as unknown as PluginDefinition;
  const values: OptionValues = { magic: MAGIC };
  const owner = { plugin: name, source: name };
  const probe = new ObjectProbe({
    owner,
    definition: whole,
    file,
    options: values,
    log: SILENT,
    poller,
    everyMs,
    ...(symbolizer ? { symbolizer } : {}),
  });
  const builders = probe.schemas.map((schema) => new BatchBuilder(schema));
  const test: TestProbe = {
    probe,
    poller,
    file,
    rows: [],
    lost: 0,
    snapshots: 0,
    drain() {
      let total = 0;
      for (const builder of builders) {
        builder.reset();
        for (let rows = -1; rows !== 0; builder.reset()) {
          rows = probe.drain(builder);
          if (builder.snapshot) test.snapshots++;
          test.rows.push(...rowsOf(builder.batch()));
          test.lost += builder.lost;
          total += rows;
        }
      }
      return total;
    },
    async finish() {
      await probe.finish();
      test.drain();
    },
  };
  return test;
}

const STORM = `
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	long calls = atol(argv[1]), first = atol(argv[2]);
	int which = atoi(argv[3]), cpu = atoi(argv[4]);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (cpu >= 0)
		sched_setaffinity(0, sizeof(set), &set);
	for (long i = 0; i < calls; i++)
		syscall(SYS_getpriority, which, first + i);
	return argc != 5;
}
`;

/** Makes calls from C as fast as they go: far faster than anybody drains. */
export class Storm {
  private readonly folder = mkdtempSync(join(tmpdir(), 'skep-storm-'));
  private readonly program = join(this.folder, 'storm');

  constructor() {
    execFileSync('clang', ['-O2', '-x', 'c', '-', '-o', this.program], { input: STORM });
  }

  /** Settles when all calls are made. They are numbered from `first`. */
  async run(calls: number, { first = 0, cpu = -1 }: { first?: number; cpu?: number } = {}): Promise<void> {
    const [code] = await once(spawn(this.program, this.args(calls, first, cpu)), 'exit');
    if (code !== 0) throw new Error(`the storm ended with ${String(code)}`);
  }

  /** The same, and nothing else happens meanwhile. */
  runSync(calls: number, first = 0): void {
    const { status } = spawnSync(this.program, this.args(calls, first, -1));
    if (status !== 0) throw new Error(`the storm ended with ${String(status)}`);
  }

  private args(calls: number, first: number, cpu: number): string[] {
    return [calls, first, MAGIC, cpu].map(String);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Do this on one CPU: what the kernel keeps for each of them is kept for that one. */
export function onOneCpu<T>(work: () => T): T {
  const taskset = (...args: string[]) => execFileSync('taskset', ['-cp', ...args], { encoding: 'utf8' });
  const pid = String(process.pid);
  const [, all = '', first = ''] = /: ((\d+).*)$/m.exec(taskset(pid)) ?? [];
  taskset(first, pid);
  try {
    return work();
  } finally {
    taskset(all, pid);
  }
}

/** Names of all programs in the kernel; undefined when bpftool is not installed. */
export function programNames(): string[] | undefined {
  const { stdout, error, status } = spawnSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' });
  if (error || status !== 0) return undefined;
  return (JSON.parse(stdout) as { name?: string }[]).flatMap(({ name }) => (name === undefined ? [] : [name]));
}
