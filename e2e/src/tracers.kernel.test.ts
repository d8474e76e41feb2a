// The general-purpose tracers on a program whose calls are known: by functions, return values and USDT probes.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { prepareHeaders } from '@skep/headers';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const noRoot = process.getuid?.() !== 0;
const noProbes = !['x86_64', 'aarch64'].some((arch) => existsSync(`/usr/include/${arch}-linux-gnu/sys/sdt.h`));

let noHeaders = true;
let shop = '';

beforeAll(() => {
  if (noRoot || noProbes) return;
  shop = join(mkdtempSync(join(tmpdir(), 'skep-shop-')), 'shop');
  const source = join(root, 'packages/tracing/test/shop.c');
  const flags = ['-O2', '-fno-optimize-sibling-calls', '-fno-omit-frame-pointer'];
  execFileSync('clang', [...flags, '-o', shop, source]);
  try {
    Object.assign(
      process.env,
      prepareHeaders(() => undefined),
    );
    noHeaders = false;
  } catch {
    // Said by the tests that are skipped.
  }
});

/** Rows of a tool as JSON; `work` runs when everything is attached. */
async function traced(args: readonly string[], work: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const command = [join(root, 'packages/cli/bin/skep.mjs'), ...args, '-o', 'json'];
  const skep = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  skep.stdout.on('data', (data) => (out += data));
  skep.stderr.on('data', (data) => (err += data));
  const ended = once(skep, 'close');
  while (skep.exitCode === null && !hasDropped(skep.pid!)) await sleep(50);
  await work();
  skep.kill('SIGINT');
  await ended;
  expect(err).toMatch(/delivered \+ 0 lost/);
  return out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
}

/** Capabilities are dropped once everything is attached; CAP_SYS_PTRACE stays where stacks of programs get names. */
function hasDropped(pid: number): boolean {
  try {
    return /^CapPrm:\s*0+(80000)?$/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return true; // it has ended
  }
}

/** Long enough for its memory to be looked at, which is done twice a second. */
const STAY_S = 5;

/** On one CPU: the order of events holds within a CPU only. */
const sell =
  (calls: number, depth = 0, stay = 0) =>
  () =>
    run('taskset', ['-c', String(firstCpu()), shop, ...[calls, depth, stay].map(String)]);

/** One that this process may run on. */
function firstCpu(): number {
  return Number(/^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]);
}

describe.skipIf(noRoot || noProbes)('without a compiler', () => {
  it('funccount counts what all threads of a process call', async () => {
    const program = `const { Worker, isMainThread } = require('node:worker_threads');
      const call = (times) => { for (let i = 0; i < times; i++) require('node:os').getPriority(); };
      if (!isMainThread) call(20);
      else process.stdin.once('data', () => {
        call(7);
        new Worker(__filename).once('exit', () => console.log('done'));
      });`;
    const file = join(mkdtempSync(join(tmpdir(), 'skep-threads-')), 'threads.cjs');
    writeFileSync(file, program);
    const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const rows = await traced(['funccount', '-p', String(child.pid), 'c:getp*i*'], async () => {
        child.stdin.write('\n');
        await once(child.stdout, 'data');
      });
      expect(rows.find(({ func }) => func === 'getpriority')?.count).toBe(27);
    } finally {
      child.kill();
    }
  });

  it('funccount counts functions of a program, each place once', async () => {
    const rows = await traced(['funccount', `${shop}:shop_*`], sell(12, 4));
    const counts = Object.fromEntries(rows.map(({ func, count }) => [func, count]));
    // 12 calls of main, and two of the recursion; shop_plus is the same place as shop_add.
    const add = counts.shop_add ?? counts.shop_plus;
    expect([add, counts.shop_depth, Object.keys(counts).length]).toEqual([14, 5, 2]);
  });

  it('funccount counts USDT probes, those with a semaphore too', async () => {
    const rows = await traced(['funccount', `u:${shop}:*`], sell(9));
    expect(rows.map(({ func, count }) => [func, count])).toEqual([
      ['shop:close', 1],
      ['shop:order', 9],
    ]);
  });

  it('stackcount tells callers apart, and the probes of a program', async () => {
    const rows = await traced(['stackcount', `${shop}:shop_add`], sell(12, 4, STAY_S));
    const callers = rows.map(({ frames, count }) => [
      (frames as string[]).filter((frame) => frame === 'shop_depth').length > 0,
      (frames as string[]).at(-1),
      count,
    ]);
    // The recursion calls it from its first level and from its third.
    expect(callers).toEqual([
      [true, 'shop_add', 1],
      [true, 'shop_add', 1],
      [false, 'shop_add', 12],
    ]);
    const probes = await traced(['stackcount', '-P', `u:${shop}:*`], sell(9, 0, STAY_S));
    expect(probes.map(({ comm, frames, count }) => [comm, (frames as string[]).at(-1), count])).toEqual([
      ['shop', 'main', 1],
      ['shop', 'shop_add', 9],
    ]);
  });

  it.runIf(process.arch === 'x64')('a place that cannot be probed is named, and the others count', async () => {
    // It begins with a locked instruction, which cannot be run elsewhere.
    const args = ['funccount', '--debug', 'c:pthread_spin_*', '-d', '0.2'];
    const { stdout, stderr } = await run(process.execPath, [join(root, 'packages/cli/bin/skep.mjs'), ...args]);
    expect(stderr).toContain('cannot be probed: pthread_spin_lock\n');
    expect(stderr.match(/pthread_spin_(init|destroy|trylock|unlock)/g)!.length).toBeGreaterThanOrEqual(3);
    expect(stdout).toContain('Tracing ');
  });

  it('funclatency measures calls inside calls', async () => {
    const rows = await traced(['funclatency', `${shop}:shop_depth`], sell(1, 9));
    const total = rows.find((row) => 'avg' in row)!;
    const buckets = rows.filter((row) => 'low' in row);
    expect([total.func, total.count]).toEqual(['shop_depth', 10]);
    expect(buckets.reduce((sum, { count }) => sum + Number(count), 0)).toBe(10);
  });

  it('funclatency counts the outermost calls alone when it is told to', async () => {
    const rows = await traced(['funclatency', '-l', '1', `${shop}:shop_depth`], sell(1, 9));
    expect(rows.find((row) => 'avg' in row)!.count).toBe(1);
  });
});

describe.skipIf(noRoot || noProbes)('with a compiler', () => {
  it('argdist counts arguments, results and what a filter leaves', async ({ skip }) => {
    if (noHeaders) skip('no kernel headers');
    const args = [
      'argdist',
      ...['-C', `p:${shop}:shop_add(long price, int tax):int:tax#taxes`],
      ...[
        '-C',
        `r:${shop}:shop_add(long price, int tax):int,long:$entry(tax),$retval:$latency > 0 && $entry(tax) == 2`,
      ],
      ...['-C', `u:${shop}:order():char*:arg3`],
      ...['-H', `p:${shop}:shop_add(long price, int tax):u64:tax:tax > 0`],
      ...['-i', '600'],
    ];
    const rows = await traced(args, sell(5));
    const counts = rows.filter((row) => 'event' in row).map(({ label, event, count }) => [label, event, count]);
    expect(counts.filter(([label]) => label === 'taxes').map(([, event, count]) => [event, count])).toEqual(
      [0, 1, 2, 3, 4].map((tax) => [`tax = ${tax}`, 1]),
    );
    expect(
      counts.filter(([label]) => String(label).startsWith('r:')).map(([, event, count]) => [event, count]),
    ).toEqual([['$entry(tax) = 2, $retval = 3', 1]]);
    expect(counts.at(-1)!.slice(1)).toEqual(['arg3 = honey', 5]);
    const buckets = rows.filter((row) => 'low' in row).map(({ low, high, count }) => [low, high, count]);
    expect(buckets).toEqual([
      [0, 1, 1],
      [2, 3, 2],
      [4, 7, 1],
    ]);
  });

  it('argdist and trace take several specifiers of one tracepoint, and say which has a mistake', async ({ skip }) => {
    if (noHeaders) skip('no kernel headers');
    const [tp, pid] = ['t:syscalls:sys_enter_kill', 999_999_990];
    const signal = async (): Promise<void> => {
      for (const n of [1, 2, 3]) expect(() => process.kill(pid + n, 'SIGCONT')).toThrow('ESRCH');
    };
    const filter = (n: number) => `args->pid > ${pid} && args->pid <= ${pid + n}`;
    const counts = ['-C', `${tp}():int:args->pid:${filter(2)}`, '-H', `${tp}():u64:args->sig:${filter(3)}`];
    const counted = await traced(['argdist', ...counts, '-i', '600'], signal);
    expect(counted.flatMap(({ event, low, count }) => [[event ?? low, count]])).toEqual([
      [`args->pid = ${pid + 1}`, 1],
      [`args->pid = ${pid + 2}`, 1],
      [16, 3],
    ]);
    const specifiers = [3, 1].map((n) => `${tp} (${filter(n)}) "${n} %d", args->sig`);
    const messages = (await traced(['trace', ...specifiers], signal)).map(({ message }) => message);
    expect(messages.sort()).toEqual(['1 18', '3 18', '3 18', '3 18']);

    const command = [join(root, 'packages/cli/bin/skep.mjs'), 'trace', specifiers[0]!, `${tp} "%d", args->nope`];
    const failed = run(process.execPath, command);
    await expect(failed).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /no member named 'nope'.*\n +--> probe:1:33\n 1 \| t:syscalls:sys_enter_kill "%d", args->nope\n +\| {33}\^{10}\n/,
      ),
    });
  });

  it('argdist and trace take several specifiers of one USDT probe', async ({ skip }) => {
    if (noHeaders) skip('no kernel headers');
    const probe = `u:${shop}:order`;
    const rows = await traced(
      ['argdist', '-C', `${probe}():int:arg2`, '-C', `${probe}():char*:arg3`, '-i', '600'],
      sell(2),
    );
    expect(rows.map(({ event, count }) => [event, count])).toEqual([
      ['arg2 = 0', 1],
      ['arg2 = 1', 1],
      ['arg3 = honey', 2],
    ]);
    const events = await traced(['trace', `${probe} "for %d", arg2`, `${probe} "%s", arg3`], sell(2));
    expect(events.map(({ message }) => message).sort()).toEqual(['for 0', 'for 1', 'honey', 'honey']);
  });

  it('trace says what is passed, and ends by itself', async ({ skip }) => {
    if (noHeaders) skip('no kernel headers');
    const args = [
      'trace',
      `p:${shop}:shop_add(long price, int tax) (tax >= 2) "%ld and %d of %-4x|", price, tax, tax`,
      `r:${shop}:shop_add "gives %lld", retval`,
      `u:${shop}:order (STRCMP("hon", arg3)) "%s for %d", arg3, arg2`,
    ];
    const rows = await traced(args, sell(4));
    const messages = (part: string) => rows.map(({ message }) => String(message)).filter((text) => text.includes(part));
    expect(messages('and')).toEqual(['1 and 2 of 2   |', '3 and 3 of 3   |']);
    expect(messages('gives')).toEqual(['gives 0', 'gives 1', 'gives 3', 'gives 6']);
    expect(messages('honey')).toEqual([0, 1, 2, 3].map((tax) => `honey for ${tax}`));
    expect(new Set(rows.map(({ comm, func }) => `${comm} ${func}`))).toEqual(new Set(['shop shop_add', 'shop order']));
  });

  it('trace counts what is the same with -A', async ({ skip }) => {
    if (noHeaders) skip('no kernel headers');
    const args = ['trace', '-A', '-M', '6', `p:${shop}:shop_add(long price, int tax) "%d", tax >> 2`];
    const rows = await traced(args, sell(20));
    expect(rows.map(({ message, count }) => [message, count])).toEqual([
      ['0', 4],
      ['1', 2],
    ]);
  });
});
