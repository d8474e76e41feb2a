// Programs compiled, attached and read on this kernel, by what every kernel has: tracepoints, user probes, samples.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SkepError } from '@skep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BPF } from './bpf.js';
import { bpfDescriptors, MAGIC, noPrograms, runOn, storm } from './kernel-fixture.js';
import { USDT } from './usdt.js';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const load = (text: string, more = {}) => BPF.create({ text, log: quiet, ...more });
const failure = async (promise: Promise<unknown> | (() => unknown)): Promise<SkepError> => {
  try {
    await (typeof promise === 'function' ? promise() : promise);
  } catch (error) {
    return error as SkepError;
  }
  throw new Error('nothing was thrown');
};

const ON_CALL = `TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
	if (args->which != ${MAGIC}) return 0;`;

const ALL_CPUS = `0-${availableParallelism() - 1}`;

/** Rows of a table that are there now. */
async function rowsNow(b: BPF, name: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for await (const row of b.open(name, { signal: AbortSignal.abort() })) rows.push(row);
  return rows;
}

describe.skipIf(noPrograms)(`a program on this kernel ${noPrograms ?? ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-bpf-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  describe('with events and tables', () => {
    let b: BPF;
    beforeAll(async () => {
      b = await load(`
struct data_t { skep_ktime_t time; u32 pid; skep_comm_t comm; int who; u16 pair[2]; enum { OFF, ON } state; };
struct __attribute__((packed)) tight { u8 a; u64 who; };
struct key { char name[8]; u64 slot; };
BPF_PERF_OUTPUT(events);
BPF_RINGBUF_OUTPUT(ring, 1);
BPF_HASH(counts, struct tight);
BPF_HASH(two, u32, u64, 2);
BPF_HASH(unused, u32, int);
BPF_HISTOGRAM(sizes);
BPF_HISTOGRAM(named, struct key);
BPF_PERCPU_ARRAY(per_cpu, u64, 3);
BPF_QUEUE(queue, u32, 8);
${ON_CALL}
	struct data_t data = { .time = bpf_ktime_get_boot_ns(), .pid = bpf_get_current_pid_tgid() >> 32, .who = args->who };
	struct tight tight = { .a = 7, .who = args->who };
	struct key key = { .name = "x", .slot = bpf_log2l(args->who) };
	u64 parity = args->who & 1;
	u32 who = args->who;
	int third = 2;

	bpf_get_current_comm(&data.comm, sizeof(data.comm));
	data.pair[1] = 3;
	data.state = ON;
	events.perf_submit(args, &data, sizeof(data));
	ring.ringbuf_output(&tight, sizeof(tight), 0);
	tight.who = parity;
	counts.increment(tight);
	two.increment(who);
	sizes.increment(bpf_log2l(args->who));
	named.increment(key);
	per_cpu.increment(third);
	queue.push(&who, 0);
	return 0;
}`);
      // The order of events holds within a CPU only.
      runOn('0');
      storm(997);
      runOn(ALL_CPUS);
    });
    afterAll(() => b.close());

    it('sends every event, typed as the text says', async () => {
      const rows = await rowsNow(b, 'events');
      expect(rows.map(({ who }) => who)).toEqual(Array.from({ length: 997 }, (_, i) => i));
      const { time, ...rest } = rows[996]!;
      expect(rest).toEqual({ pid: process.pid, comm: expect.any(String), who: 996, pair_0: 0, pair_1: 3, state: 1 });
      expect(Math.abs(Number((time as bigint) / 1_000_000n) - Date.now())).toBeLessThan(120_000);
      expect(b.lost('events')).toBe(0n);
    });

    it('counts what the ring had no room for, to the event', async () => {
      const rows = await rowsNow(b, 'ring');
      expect(rows[0]).toEqual({ a: 7, who: 0n });
      expect(rows.length).toBeGreaterThan(50);
      expect(BigInt(rows.length) + b.lost('ring')).toBe(997n);
    });

    it('has tables whose keys and values are as declared', () => {
      const counts = new Map(
        b
          .table<{ a: number; who: bigint }, bigint>('counts')
          .entries()
          .map(([key, n]) => [key.who, n]),
      );
      expect(counts).toEqual(
        new Map([
          [0n, 499n],
          [1n, 498n],
        ]),
      );
      expect(b.table<number, bigint>('two').entries().length).toBe(2);
      expect(b.table('per_cpu').get(2)).toBe(997n);
      const parts = b.table<number, bigint>('per_cpu').perCpu(2)!;
      expect(parts.reduce((sum, n) => sum + n, 0n)).toBe(997n);
      expect([b.table('queue').pop(), b.table('queue').pop()]).toEqual([0, 1]);
    });

    it('draws histograms', () => {
      const lines = b.table('sizes').log2Histogram({ unit: 'who' }).split('\n');
      expect(lines[0]).toBe('     who                 : count     distribution');
      expect(lines[1]).toMatch(/^ {9}0 -> 1 {10}: 2 {8}\|/);
      expect(lines[10]).toMatch(/^ {7}512 -> 1023 {7}: 485 {6}\|\*{40}\|$/);
      expect(b.table('named').log2Histogram({ label: 'Name' })).toContain('\nName = x\n     value ');
    });

    it('lets tables be written, in one call or many, and emptied', () => {
      const table = b.table<number, number>('unused');
      table.set(1, -5);
      table.setAll(Array.from({ length: 500 }, (_, i) => [i + 10, i] as const));
      expect([table.get(1), table.get(2), table.has(10), table.entries().length]).toEqual([-5, undefined, true, 501]);
      expect([table.delete(1), table.delete(1)]).toEqual([true, false]);
      expect(table.takeEntries().length).toBe(500);
      expect(table.entries()).toEqual([]);
      expect(() => table.set('x' as never, 1)).toThrow('key of unused: a number is wanted');
    });

    it('says what it has when a name is wrong', async () => {
      expect((await failure(() => b.table('cuonts'))).remedy).toBe('did you mean "counts"?');
      expect((await failure(() => b.lost('event'))).remedy).toBe('did you mean "events"?');
      expect((await failure(() => b.attachRawTracepoint({ tp: 'sys_enter', fn: 'nix' }))).message).toBe(
        'the program has no function "nix"',
      );
    });
  });

  it('leaves nothing behind, and ends loops when it is closed', async () => {
    const before = bpfDescriptors();
    const b = await load(`struct e { u64 who; };\nBPF_PERF_OUTPUT(events);\n${ON_CALL}
	struct e e = { args->who };\n	events.perf_submit(args, &e, sizeof(e));\n	return 0;\n}`);
    expect(bpfDescriptors()).toBeGreaterThan(before);
    const seen: unknown[] = [];
    const loop = (async () => {
      for await (const row of b.open('events')) seen.push(row);
    })();
    storm(3);
    while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    await b.close();
    await loop;
    expect(bpfDescriptors()).toBe(before);
    expect((await failure(() => b.table('events'))).message).toBe('the program is closed');
  });

  it('counts samples that a perf buffer lost', async () => {
    const b = await load(
      `struct e { char filler[2000]; };\nBPF_PERF_OUTPUT(events);\nBPF_PERCPU_ARRAY(space, struct e, 1);\n${ON_CALL}
	int zero = 0;\n	struct e *e = space.lookup(&zero);\n	if (e) events.perf_submit(args, e, sizeof(*e));\n	return 0;\n}`,
      { perfPages: 1 },
    );
    storm(500);
    let rows = (await rowsNow(b, 'events')).length;
    // What a CPU's buffer lost is told with the next of its samples that finds room.
    const cpus = availableParallelism();
    for (let cpu = 0; cpu < cpus; cpu++) {
      runOn(String(cpu));
      storm(1);
    }
    runOn(ALL_CPUS);
    rows += (await rowsNow(b, 'events')).length;
    expect(BigInt(rows) + b.lost('events')).toBe(BigInt(500 + cpus));
    expect(b.lost('events')).toBeGreaterThan(400n);
    await b.close();
  });

  it('is attached to the return of a user function, and to an entry by its address', async () => {
    const b = await load(`
struct e { u64 value; };
BPF_RINGBUF_OUTPUT(events, 8);
BPF_ARRAY(entries, u64, 1);
int on_return(struct pt_regs *ctx) { struct e e = { PT_REGS_RC(ctx) }; events.ringbuf_output(&e, sizeof(e), 0); return 0; }
int on_entry(struct pt_regs *ctx) { entries.increment(0); return 0; }`);
    const binary = join(folder, 'doubler');
    writeFileSync(
      `${binary}.c`,
      '#include <stdlib.h>\n__attribute__((noinline)) long twice(long n) { __asm__ volatile(""); return n * 2; }\nint main(int c, char **v) { long s = 0; for (long i = 1; i <= 31; i++) s += twice(i); return s == 992 ? 0 : 1; }\n',
    );
    execFileSync('clang', ['-O1', '-o', binary, `${binary}.c`]);
    b.attachUretprobe({ name: binary, sym: 'twice', fn: 'on_return' });
    const address = execFileSync('nm', [binary], { encoding: 'utf8' }).match(/^([0-9a-f]+) T twice$/m)![1]!;
    b.attachUprobe({ name: binary, addr: BigInt(`0x${address}`), fn: 'on_entry' });
    execFileSync(binary);
    expect((await rowsNow(b, 'events')).map(({ value }) => value)).toEqual(
      Array.from({ length: 31 }, (_, i) => BigInt(i + 1) * 2n),
    );
    expect(b.table('entries').get(0)).toBe(31n);
    await b.detach('uretprobe', `${binary}:twice`);
    execFileSync(binary);
    expect(await rowsNow(b, 'events')).toEqual([]);
    expect(b.table('entries').get(0)).toBe(62n);
    const { code, message } = await failure(() => b.attachUprobe({ name: binary, sym: 'thrice', fn: 'on_entry' }));
    expect([code, message]).toEqual(['SKEP_ATTACH', `no function "thrice" in ${binary}`]);
    await b.close();
  });

  it('sees every call of a function that the loader chooses among several', async () => {
    const binary = join(folder, 'lengths');
    writeFileSync(
      `${binary}.c`,
      '#include <string.h>\nint main(int c, char **v) { size_t s = 0; for (int i = 0; i < 37; i++) s += strlen(v[1]); return s != 37 * 11; }\n',
    );
    execFileSync('clang', ['-O0', '-fno-builtin', '-o', binary, `${binary}.c`]);
    const b = await load(`
struct key { char text[80]; };
BPF_HASH(counts, struct key);
int count(struct pt_regs *ctx) {
	struct key key = {};
	bpf_probe_read_user_str(&key.text, sizeof(key.text), (void *)PT_REGS_PARM1(ctx));
	counts.atomic_increment(key);
	return 0;
}`);
    b.attachUprobe({ name: 'c', sym: 'strlen', fn: 'count' });
    const word = 'skep-length';
    execFileSync(binary, [word]);
    // Who else measures it is counted, too.
    expect(b.table<{ text: string }, bigint>('counts').get({ text: word })).toBeGreaterThanOrEqual(37n);
    await b.close();
  });

  it.skipIf(process.arch !== 'x64')(
    'reads the arguments of USDT probes, whose semaphore the kernel raises',
    async () => {
      const source = fileURLToPath(new URL('../../../examples/src/orders.c', import.meta.url));
      const binary = join(folder, 'orders');
      execFileSync('clang', ['-O2', '-o', binary, source]);
      const text = `
struct e { u64 number; int amount; char item[16]; };
BPF_PERF_OUTPUT(events);
int on_order(struct pt_regs *ctx) {
	struct e e = {};
	u64 item = 0;
	bpf_usdt_readarg(1, ctx, &e.number);
	bpf_usdt_readarg(2, ctx, &item);
	bpf_usdt_readarg(3, ctx, &e.amount);
	bpf_probe_read_user_str(&e.item, sizeof(e.item), (void *)item);
	events.perf_submit(ctx, &e, sizeof(e));
	return 0;
}`;
      const usdt = (probe: string) => [new USDT({ path: binary }).enableProbe({ probe, fn: 'on_order' })];
      const b = await load(text, { usdt: usdt('order') });
      const onOneCpu = ['-c', '0', binary, '5'];
      expect(execFileSync('taskset', onOneCpu, { encoding: 'utf8' })).toBe('5 of 5 orders traced\n');
      const rows = await rowsNow(b, 'events');
      expect(rows.slice(0, 2)).toEqual([
        { number: 1n, amount: 10, item: 'wax' },
        { number: 2n, amount: 20, item: 'propolis' },
      ]);
      expect(rows.length).toBe(5);
      await b.close();
      expect(execFileSync(binary, ['5'], { encoding: 'utf8' })).toBe('0 of 5 orders traced\n');
      const wrong = await failure(load(text, { usdt: usdt('shop:ordre') }));
      expect([wrong.code, wrong.remedy]).toEqual(['SKEP_ATTACH', 'did you mean "shop:order"?']);
    },
  );

  it('follows one process by USDT, by its pid', async () => {
    const source = fileURLToPath(new URL('../../../examples/src/orders.c', import.meta.url));
    const binary = join(folder, 'patient');
    execFileSync('clang', ['-O2', '-Dmain=orders_main', '-c', '-o', `${binary}.o`, source]);
    writeFileSync(
      `${binary}.c`,
      '#include <stdio.h>\nint orders_main(int, char **);\nint main(int c, char **v) { getchar(); return orders_main(c, v); }\n',
    );
    execFileSync('clang', ['-o', binary, `${binary}.c`, `${binary}.o`]);
    const [traced, other] = [0, 1].map(() => spawn(binary, ['7'], { stdio: ['pipe', 'pipe', 'inherit'] })) as [
      ReturnType<typeof spawn>,
      ReturnType<typeof spawn>,
    ];
    const b = await load(
      'BPF_ARRAY(orders, u64, 1);\nint on_order(struct pt_regs *ctx) { orders.increment(0); return 0; }',
      { usdt: [new USDT({ pid: traced.pid! }).enableProbe({ probe: 'order', fn: 'on_order' })] },
    );
    for (const child of [traced, other]) {
      child.stdin!.end('\n');
      await once(child, 'exit');
    }
    expect(b.table('orders').get(0)).toBe(7n);
    await b.close();
  });

  it('is attached to samples and to raw tracepoints', async () => {
    const b = await load(
      `
BPF_ARRAY(samples, u64, 1);
BPF_ARRAY(calls, u64, 1);
int on_sample(struct bpf_perf_event_data *ctx) { samples.increment(0); return 0; }
RAW_TRACEPOINT_PROBE(sys_enter) { if (ctx->args[1] == ${process.arch === 'arm64' ? 141 : 140}) calls.increment(0); return 0; }`.replace(
        '\nBPF_ARRAY(samples',
        '\n#include <uapi/linux/bpf_perf_event.h>\nBPF_ARRAY(samples',
      ),
    );
    b.attachPerfEvent({ event: 'cpu-clock', sampleFreq: 199, fn: 'on_sample' });
    storm(101);
    expect(b.table('calls').get(0)).toBe(101n);
    await expect.poll(() => b.table('samples').get(0), { timeout: 60_000 }).toBeGreaterThan(10n);
    const wrong = await failure(() => b.attachPerfEvent({ event: 'cpu-clok', sampleFreq: 1, fn: 'on_sample' }));
    expect(wrong.remedy).toBe('did you mean "cpu-clock"?');
    await b.close();
  });

  it('prints lines that trace_pipe gives back', async () => {
    const tracing = '/sys/kernel/tracing/tracing_on';
    const before = readFileSync(tracing, 'utf8');
    writeFileSync(tracing, '1');
    const b = await load(`${ON_CALL}\n	bpf_trace_printk("skep %d\\n", args->who);\n	return 0;\n}`);
    const lines: unknown[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const { comm, pid, message } of b.traceFields({ signal: stop.signal })) {
        if (pid === process.pid && message.startsWith('skep ')) lines.push([typeof comm, message]);
        if (lines.length === 3) return;
      }
    })();
    storm(3, 40);
    await reading;
    expect(lines).toEqual([
      ['string', 'skep 40'],
      ['string', 'skep 41'],
      ['string', 'skep 42'],
    ]);
    writeFileSync(tracing, '0');
    expect((await failure(() => b.traceLines().next())).message).toContain('tracing is switched off');
    writeFileSync(tracing, before);
    await b.close();
  });

  it('calls another function through a table of programs', async () => {
    const b = await load(`
BPF_PROG_ARRAY(next, 2);
BPF_ARRAY(hits, u64, 1);
int second(void *ctx) { hits.increment(0); return 0; }
${ON_CALL}
	next.call(args, 1);
	return 0;
}`);
    b.table('next').setProgram(1, b.loadFunction('second', 'tracepoint'));
    storm(11);
    expect(b.table('hits').get(0)).toBe(11n);
    await b.close();
  });

  it('remembers stacks', async () => {
    const b = await load(`BPF_STACK_TRACE(stacks, 64);\nBPF_HASH(ids, int);\n${ON_CALL}
	int id = stacks.get_stackid(args, BPF_F_USER_STACK);\n	ids.increment(id);\n	return 0;\n}`);
    storm(3);
    // Of calls with different stacks, as when the loop was compiled meanwhile, the second may collide with the first.
    const ids = b
      .table<number, bigint>('ids')
      .entries()
      .map(([id]) => id);
    const stack = b.table('stacks').stack(ids.find((id) => id >= 0)!);
    expect(stack.length).toBeGreaterThan(0);
    expect(stack.every((address) => address > 0n)).toBe(true);
    expect(b.table('stacks').stack(-14)).toEqual([]);
    expect(b.userFrames(stack, process.pid)[0]).toBe('syscall');
    expect(b.userFrames(stack, process.pid, 'offsets')[0]).toMatch(/^syscall\+0x[0-9a-f]+$/);
    await b.close();
  });

  it('names the functions of a kernel stack', async () => {
    const b = await load(`BPF_STACK_TRACE(stacks, 64);\nBPF_HASH(ids, int);\n${ON_CALL}
	int id = stacks.get_stackid(args, 0);\n	ids.increment(id);\n	return 0;\n}`);
    storm(1);
    const [[id]] = b.table<number, bigint>('ids').entries() as [[number, bigint]];
    const stack = b.table('stacks').stack(id);
    const text = readFileSync('/proc/kallsyms', 'utf8');
    const known = new Set(text.split('\n').map((line) => line.split(/[ \t]/)[2]));
    const names = b.kernelFrames(stack);
    expect(names.length).toBe(stack.length);
    expect(names.filter((name) => known.has(name.split(' ')[0]))).not.toEqual([]);
    expect(b.kernelFrames([1n])).toEqual(['[unknown]']);
    await b.close();
  });

  it('that does not compile says where, in the text', async () => {
    const error = await failure(
      load(`BPF_HASH(counts);\n${ON_CALL}\n	u64 x = args->nix;\n	counts.increment(x);\n	return 0;\n}`),
    );
    expect([error.code, error.location?.line, error.location?.column, error.location?.text]).toEqual([
      'SKEP_COMPILE',
      4,
      16,
      '	u64 x = args->nix;',
    ]);
  });

  it('that the verifier refuses shows its lines of source', async () => {
    const error = await failure(
      load(`struct e { u64 a; };\nBPF_HASH(table, u32, struct e);\n${ON_CALL}
	u32 key = 1;\n	struct e *e = table.lookup(&key);\n	e->a = 1; // not looked at whether it is there\n	return 0;\n}`),
    );
    expect(error.code).toBe('SKEP_VERIFIER');
    expect(error.remedy).toContain('; e->a = 1;');
    expect(error.remedy).toMatch(/invalid mem access 'map_value_or_null'/);
  });

  it('that is attached to what is not there says what resembles it', async () => {
    const b = await load('int f(void *ctx) { return 0; }');
    expect((await failure(() => b.attachTracepoint({ tp: 'sched:sched_swich', fn: 'f' }))).remedy).toBe(
      'did you mean "sched:sched_switch"?',
    );
    const { code } = await failure(() => b.attachKprobe({ event: 'no_such_function_at_all', fn: 'f' }));
    expect(code).toBe('SKEP_ATTACH');
    await b.close();
  });

  it('needs no LLVM in this process', async () => {
    const b = await load('int f(void *ctx) { return 0; }');
    expect(readFileSync('/proc/self/maps', 'utf8')).not.toMatch(/LLVM|libclang|libbcc\.so/);
    await b.close();
  });
});
