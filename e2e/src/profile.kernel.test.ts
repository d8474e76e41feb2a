import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf, runSkep, startSkep } from './support/skep.js';

/** Two functions that burn time five to one, called by a third. */
const BUSY = `
volatile unsigned long total;
__attribute__((noinline)) void leads_five(long n) { for (long i = 0; i < n; i++) total += i; }
__attribute__((noinline)) void follows_one(long n) { for (long i = 0; i < n; i++) total += i; }
__attribute__((noinline)) void calls_both(long n)
{
	leads_five(5 * n);
	follows_one(n);
	__asm__ volatile("" ::: "memory");
}
int main(void)
{
	for (;;)
		calls_both(100000);
}
`;
/** The same work in a function that is part of its caller. */
const INLINED = `
volatile unsigned long total;
static inline __attribute__((always_inline)) void hot(long n) { for (long i = 0; i < n; i++) total += i; }
__attribute__((noinline)) void calls_hot(long n)
{
	hot(n);
	__asm__ volatile("" ::: "memory");
}
int main(void)
{
	for (;;)
		calls_hot(100000);
}
`;
const FLAGS = ['-O1', '-fno-omit-frame-pointer', '-mno-omit-leaf-frame-pointer', '-fno-optimize-sibling-calls'];

interface Frame {
  readonly name: string;
  readonly x: number;
  readonly w: number;
  readonly depth: number;
}

/** The frames that a flame graph draws, from left to right. */
function framesOf(svg: string): Frame[] {
  return [...svg.matchAll(/data-name="([^"]*)" data-x="(\d+)" data-w="(\d+)" data-d="(\d+)"/g)].map(
    ([, name, x, w, depth]) => ({ name: name!, x: Number(x), w: Number(w), depth: Number(depth) }),
  );
}

/**
 * The frame of a function that has most samples. There can be others: a sample between a call and the
 * instruction that sets the frame pointer lacks the caller, so that the function stands one lower.
 */
function widest(frames: readonly Frame[], name: string): Frame {
  return frames.filter((one) => one.name === name).reduce((most, one) => (one.w > most.w ? one : most));
}

describe('a profile of a known workload', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-profile-'));
  const program = join(folder, 'burner;1');
  let busy: ChildProcess;

  beforeAll(() => {
    execFileSync('clang', [...FLAGS, '-x', 'c', '-', '-o', program], { input: BUSY });
    busy = spawn(program);
  });
  afterAll(() => {
    busy.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  const profile = (...args: string[]) => runSkep(['profile', '-F', '199', '-p', String(busy.pid), ...args]);

  /** Weights of the stacks that end, below the kernel's frames, in a function. */
  function weights(lines: readonly string[]): Map<string, number> {
    const sums = new Map<string, number>();
    for (const line of lines) {
      const [, task, stack, count] = /^([^;]*);(.*) (\d+)$/.exec(line)!;
      expect(task).toBe('burner:1');
      const leaf = stack!.split(';').findLast((frame) => !frame.endsWith('_[k]'))!;
      sums.set(leaf, (sums.get(leaf) ?? 0) + Number(count));
    }
    return sums;
  }

  it('is led by the function that burns most, as folded lines', async () => {
    const { stdout, code } = await profile('-f', '-a', '3');
    expect(code).toBe(0);
    const sums = weights(linesOf(stdout));
    const [leads, follows] = ['leads_five', 'follows_one'].map((name) => sums.get(name) ?? 0) as [number, number];
    expect([...sums].sort((a, b) => b[1] - a[1])[0]![0]).toBe('leads_five');
    expect(leads).toBeGreaterThan(2 * follows);
    expect(follows).toBeGreaterThan(0);
  });

  it('is a flame graph whose frames stand on their callers', async () => {
    const path = join(folder, 'cpu.svg');
    expect((await profile('-o', path, '3')).code).toBe(0);
    const svg = readFileSync(path, 'utf8');
    const frames = framesOf(svg);
    const main = widest(frames, 'main');
    const caller = widest(frames, 'calls_both');
    const leads = widest(frames, 'leads_five');
    const follows = widest(frames, 'follows_one');
    expect(caller.depth).toBe(main.depth + 1);
    for (const callee of [leads, follows]) {
      expect(callee.depth).toBe(caller.depth + 1);
      expect(callee.x).toBeGreaterThanOrEqual(caller.x);
      expect(callee.x + callee.w).toBeLessThanOrEqual(caller.x + caller.w);
    }
    expect(leads.w).toBeGreaterThan(2 * follows.w);
    expect(leads.w * 2).toBeGreaterThan(frames[0]!.w);
    expect(widest(frames, 'burner;1').depth).toBe(1);
    // It loads nothing: the only address in it is the name of the format.
    expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
  });

  it('has the names of a process that has ended', async () => {
    const skep = startSkep(['profile', '-F', '199']);
    await skep.until('it is attached', () => skep.bytes.includes('Hit Ctrl-C'));
    const short = spawn(program);
    await sleep(3000);
    short.kill('SIGKILL');
    await once(short, 'exit');
    skep.kill('SIGINT');
    const stacks = (await skep.ended).stdout.toString().split('\n\n');
    const own = stacks.filter((stack) => stack.includes(`burner;1 (${short.pid})`));
    expect(own.join('\n')).toContain(' leads_five+0x');
    expect(own.join('\n')).toContain(' main+0x');
  });

  it('has names without places as JSON, and with them in its own layout', async () => {
    const json = linesOf((await profile('-o', 'json', '1')).stdout).map(
      (line) => JSON.parse(line) as { frames: string[] },
    );
    expect(json.flatMap(({ frames }) => frames)).toContain('leads_five');
    const { stdout } = await profile('-A', '1');
    expect(stdout).toMatch(/^Sampling at 199 Hertz of PID \[\d+\] by user \+ kernel stack/);
    expect(stdout).toMatch(/\n {4}0x[0-9a-f]{16} leads_five\+0x[0-9a-f]+ \[burner:1\]\n/);
    expect(stdout).toMatch(/\n {4}- {16}burner;1 \(\d+\)\n {8}\d+\n/);
  });
});

describe('a profile of a function that was inlined', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-profile-'));
  const program = join(folder, 'inliner');
  let busy: ChildProcess;

  beforeAll(() => {
    execFileSync('clang', [...FLAGS, '-O2', '-g', '-x', 'c', '-', '-o', program], { input: INLINED });
    busy = spawn(program);
  });
  afterAll(() => {
    busy.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  const profile = (...args: string[]) => runSkep(['profile', '-F', '199', '-U', '-p', String(busy.pid), ...args]);

  it('has it as a frame before its caller, as folded lines', async () => {
    const { stdout, code } = await profile('-f', '2');
    expect(code).toBe(0);
    const hot = /main;calls_hot;hot \(inlined\) (\d+)$/m.exec(stdout);
    // Of all samples: how many there are is for the machine to say, which may be busy.
    const all = linesOf(stdout).reduce((sum, line) => sum + Number(/ (\d+)$/.exec(line)![1]), 0);
    expect(Number(hot?.[1] ?? 0), stdout).toBeGreaterThan(all / 2);
  });

  it('has it on its caller in a flame graph', async () => {
    const path = join(folder, 'cpu.svg');
    expect((await profile('-o', path, '2')).code).toBe(0);
    const frames = framesOf(readFileSync(path, 'utf8'));
    expect(widest(frames, 'hot (inlined)').depth).toBe(widest(frames, 'calls_hot').depth + 1);
  });
});
