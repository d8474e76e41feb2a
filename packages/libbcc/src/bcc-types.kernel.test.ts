// What programs written for BCC declare: every type of member, every kind of table, as this kernel has them.
import { availableParallelism } from 'node:os';
import type { SkepError } from '@skep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BPF } from './bpf.js';
import { MAGIC, noPrograms, runOn, storm } from './kernel-fixture.js';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const load = (text: string) => BPF.create({ text, log: quiet });
const onCall = (body: string) => `TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
	if (args->which != ${MAGIC}) return 0;
${body}
	return 0;
}`;

function failure(act: () => unknown): SkepError {
  try {
    act();
  } catch (error) {
    return error as SkepError;
  }
  throw new Error('nothing was thrown');
}

async function refusal(promise: Promise<unknown>): Promise<SkepError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason as SkepError,
  );
  if (!error) throw new Error('nothing was thrown');
  return error;
}

async function rowsNow(b: BPF, name: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for await (const row of b.open(name, { signal: AbortSignal.abort() })) rows.push(row);
  return rows;
}

describe.skipIf(noPrograms)(`the types of BCC's programs ${noPrograms ?? ''}`, () => {
  it('are read from events: nested, packed, bits, bytes, arrays of arrays', async () => {
    const b = await load(`
enum kind { FIRST = 1, LAST = 7 }; union both { u32 word; u8 bytes[4]; }; struct inner { u16 x; u16 y[2]; }; struct event {
	enum kind kind; union both both; struct inner in; u8 ip6[16]; skep_ip_t from; skep_comm_t comm; bool yes; void *at;
	int grid[2][3]; char names[2][4]; s8 tiny; dev_t dev; umode_t mode; __be16 port; u32 low:3; u32 high:13; s32 signed_bits:4;
	u64 wide:40; struct { int nested; }; char odd[6];
};
struct tight { u8 a; u64 b; u16 c; } __attribute__((packed));
BPF_PERF_OUTPUT(events);
BPF_RINGBUF_OUTPUT(ring, 1);
${onCall(`	struct event e = { .kind = LAST, .yes = true, .at = (void *)0xffff888000000000, .tiny = -3, .dev = 8, .mode = 0644 };
	e.both.word = 0x04030201;
	e.in.y[1] = 9;
	e.ip6[0] = 0xfe;
	e.ip6[15] = 1;
	e.from[15] = 1;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	e.grid[1][2] = -6;
	e.names[1][0] = 'b';
	e.port = 0x5000;
	e.low = 5;
	e.high = 4097;
	e.signed_bits = -2;
	e.wide = 0xffffffffff;
	e.nested = -1;
	e.odd[0] = 'a';
	e.odd[1] = 0xff;
	e.odd[3] = 'z';
	events.perf_submit(args, &e, sizeof(e));
	struct tight t = { .a = 7, .b = ~0ULL, .c = 3 };
	ring.ringbuf_output(&t, sizeof(t), 0);`)}`);
    storm(1);
    const [row] = await rowsNow(b, 'events');
    const ip6 = new Uint8Array(16);
    ip6[0] = 0xfe;
    ip6[15] = 1;
    expect(row).toMatchObject({
      kind: 7,
      both_word: 0x04030201,
      both_bytes: Uint8Array.of(1, 2, 3, 4),
      in_y_1: 9,
      ip6,
      from: '::1',
      comm: expect.any(String),
      yes: true,
      at: 0xffff888000000000n,
      grid_1_1: 0,
      grid_1_2: -6,
      names_0: '',
      names_1: 'b',
      tiny: -3,
      dev: 8,
      mode: 0o644,
      port: 0x5000,
      low: 5,
      high: 4097,
      signed_bits: -2,
      wide: 2n ** 40n - 1n,
      nested: -1,
      odd: 'a\ufffd',
    });
    expect(await rowsNow(b, 'ring')).toEqual([{ a: 7, b: 2n ** 64n - 1n, c: 3 }]);
    await b.close();
  });

  describe('are in tables', () => {
    let b: BPF;
    beforeAll(async () => {
      b = await load(`
struct key { u32 n; skep_comm_t comm; char text[8]; };
struct leaf { u64 n; u64 many[20]; u32 low:3; u32 high:5; };
struct lpm { u32 prefixlen; u32 address; };
BPF_HASH(keys, struct key);
BPF_PERCPU_ARRAY(per_cpu, struct leaf, 2);
BPF_PERCPU_HASH(per_cpu_hash, u32, u64, 4);
BPF_TABLE("lru_hash", u32, u64, recent, 16);
BPF_LPM_TRIE(routes, struct lpm, u64, 8);
BPF_STACK(last, u64, 2);
BPF_TABLE("hash", int, int, inner, 8);
BPF_ARRAY_OF_MAPS(outer, "inner", 4);
BPF_ARRAY(found, u64, 1);
BPF_PERF_ARRAY(counters, 4);
BPF_PERF_OUTPUT(numbers);
${onCall(`	struct key key = { .n = args->who };
	u32 one = 1, zero = 0;
	u64 number = 5, none = 0, *count;

	bpf_get_current_comm(&key.comm, sizeof(key.comm));
	key.text[0] = 'a';
	key.text[1] = 0xff;
	key.text[3] = 'x'; // behind the end of the text
	keys.increment(key);
	struct leaf *leaf = per_cpu.lookup(&one);
	if (leaf) {
		leaf->n++;
		leaf->many[19] += 2;
		leaf->low = 1;
		leaf->high = 16;
	}
	count = recent.lookup_or_try_init(&one, &none);
	if (count) (*count)++;
	void *map = outer.lookup(&one);
	int *value = map ? bpf_map_lookup_elem(map, &zero) : 0;
	if (value && *value == 42) found.increment(0);
	numbers.perf_submit(args, &number, sizeof(number));`)}`);
      b.table<number, number>('inner').set(0, 42);
      b.table<number, number>('outer').set(1, b.table('inner').map.fd);
      // Bit fields are set, not added: on one CPU they are what was set.
      runOn('0');
      storm(3);
      runOn(`0-${availableParallelism() - 1}`);
    });
    afterAll(() => b?.close());

    it('keys of structs that were read are found again, whatever bytes their texts hide', () => {
      const keys = b.table<{ n: number; comm: string; text: string }, bigint>('keys');
      const all = keys.entries();
      expect(all.map(([{ n, text }]) => [n, text]).sort()).toEqual([
        [0, 'a\ufffd'],
        [1, 'a\ufffd'],
        [2, 'a\ufffd'],
      ]);
      expect(all[0]![0].comm).not.toBe('');
      // A key that was changed would be another one.
      expect(Object.isFrozen(all[0]![0])).toBe(true);
      for (const [key, value] of all) {
        expect(keys.get(key)).toBe(value);
        expect(keys.delete(key)).toBe(true);
      }
      expect(keys.entries()).toEqual([]);
    });

    it('values of CPUs are added up, in long arrays and bit fields too', () => {
      const leaf = b.table<number, { n: bigint; many: bigint[]; low: number; high: number }>('per_cpu').get(1)!;
      expect([leaf.n, leaf.many[19], leaf.low, leaf.high]).toEqual([3n, 6n, 1, 16]);
      const table = b.table<number, bigint>('per_cpu_hash');
      table.set(3, 9n);
      expect(table.perCpu(3)!.reduce((sum, n) => sum + n, 0n)).toBe(9n);
    });

    it('tries find the longest prefix, maps of maps the map', () => {
      const routes = b.table<{ prefixlen: number; address: number }, bigint>('routes');
      routes.set({ prefixlen: 8, address: 10 }, 1n);
      routes.set({ prefixlen: 16, address: 0xa80a }, 2n);
      expect(routes.get({ prefixlen: 32, address: 0x0101a80a })).toBe(2n);
      expect(routes.get({ prefixlen: 32, address: 0x0101010a })).toBe(1n);
      expect(routes.takeEntries().length).toBe(2);
      expect(routes.entries()).toEqual([]);
      expect(b.table('recent').get(1)).toBe(3n);
      expect(b.table('found').get(0)).toBe(3n);
    });

    it('what cannot be done is said', () => {
      const last = b.table<never, bigint>('last');
      last.push(1n);
      last.push(2n);
      expect([last.pop(), last.pop(), last.pop()]).toEqual([2n, 1n, undefined]);
      const found = b.table<number, bigint>('found');
      const full = b.table<number, bigint>('per_cpu_hash');
      const fill = () => {
        for (let i = 0; i < 5; i++) full.set(i, 1n);
      };
      expect([
        failure(() => found.delete(0)).message,
        failure(() => found.set(1, 1n)).message,
        failure(fill).message,
        failure(() => b.table<number, number>('counters').set(0, 1)).message,
        failure(() => b.table<number, bigint>('last').get(0)).message,
        failure(() => b.loadFunction('tracepoint__syscalls__sys_enter_getpriority', 'xdp' as never)).message,
        failure(() => b.lost('numbers')).message,
      ]).toEqual([
        'entries of array found cannot be deleted',
        'table found has no index 1, but 0 to 0',
        'map per_cpu_hash is full: it has room for 4 entries',
        'table counters cannot be written from user space',
        'table last has no keys',
        'programs of kind "xdp" are not offered',
        'table "numbers" has no events whose members are known',
      ]);
    });
  });

  it('a tracepoint that this kernel does not have is named, and what resembles it', async () => {
    const wrong = await refusal(load('TRACEPOINT_PROBE(sched, sched_swich) {\n\treturn args->prev_pid;\n}'));
    expect([wrong.code, wrong.message, wrong.remedy, wrong.location?.line]).toEqual([
      'SKEP_COMPILE',
      'no tracepoint sched:sched_swich on this kernel',
      'did you mean "sched:sched_switch"?',
      2,
    ]);
  });

  it('a program whose file is not there is named', async () => {
    const wrong = await refusal(BPF.create({ file: '/no/such/program.c' }));
    expect([wrong.code, wrong.message]).toEqual([
      'SKEP_USAGE',
      expect.stringContaining('the program /no/such/program.c cannot be read'),
    ]);
  });
});
