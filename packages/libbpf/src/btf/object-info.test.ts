import { describe, expect, it } from 'vitest';
import { compile, noClang } from '../fixture.js';
import { parseBtf, resolve } from './btf.js';
import { readElf } from './elf.js';
import { readObject } from './object-info.js';
import { objectModule } from './row-types.js';

const SOURCE = `
#include <skep/probe.bpf.h>
#include <skep/kernel/trace.h>

const volatile bool opt_failed = true;
const volatile __u32 opt_limit = 0x01020304;
const volatile char opt_name[16] = "bee";
__u64 total = 7;

enum tool_kind { KIND_read, KIND_write = 5 };

struct tool_event {
	skep_ktime_t time;
	__u32 pid SKEP_DOC("process */ id");
	enum tool_kind kind;
	__s16 change;
	bool fine;
	__u8 mac[6];
	skep_path_t path[32] SKEP_DOC("as passed");
};
SKEP_RING(events, struct tool_event, 64 * 1024);

struct tool_key { __u32 pid; __u32 pad; };
struct tool_value { __u64 calls SKEP_DOC("how many"); skep_max_t longest; skep_hist_t dist; };
SKEP_SNAPSHOT(calls, PERCPU_HASH, struct tool_key, struct tool_value, 100);
SKEP_MAP(started, HASH, __u32, __u64, 10);

static __noinline int part(int n) { return n + total; }

SEC("tracepoint/syscalls/sys_enter_getpid")
int enter(struct trace_event_raw_sys_enter *ctx)
{
	struct tool_key key = {};
	struct tool_value *value = skep_slot(calls, &key);
	struct tool_event *e = skep_reserve(events);

	if (value)
		skep_add(&value->calls, part(ctx->id));
	if (!e)
		return 0;
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = opt_limit + opt_failed + opt_name[0];
	skep_submit(events, e);
	return 0;
}

SEC("?uprobe/libc:getaddrinfo")
int lookup(void *ctx) { return bpf_map_delete_elem(&started, &total); }
`;

describe.skipIf(noClang)(`an object compiled by clang${noClang ? ` (${noClang})` : ''}`, () => {
  const bytes = noClang ? new Uint8Array(0) : compile(SOURCE);
  const read = () => readObject(bytes);

  it('names its programs with their sections, without its subprograms', () => {
    expect(read().programs).toEqual([
      { name: 'enter', section: 'tracepoint/syscalls/sys_enter_getpid' },
      { name: 'lookup', section: '?uprobe/libc:getaddrinfo' },
    ]);
  });

  it('names its maps', () => {
    expect([...read().maps].sort()).toEqual(['calls_0', 'calls_1', 'events', 'started']);
  });

  it('lays its records out as the compiler did', () => {
    const { size, members } = read().rings.get('events')!;
    expect(size).toBe(64);
    expect(members.map(({ field, offset }) => [field.name, offset, field.type, field.size])).toEqual([
      ['time', 0, 'u64', 8],
      ['pid', 8, 'u32', 4],
      ['kind', 12, 'u32', 4],
      ['change', 16, 'i16', 2],
      ['fine', 18, 'bool', 1],
      ['mac', 19, 'bytes', 6],
      ['path', 25, 'bytes', 32],
    ]);
    const [time, pid, kind, , , , path] = members.map(({ field }) => field);
    expect(time!.meaning).toBe('skep_ktime_t');
    expect(pid!.doc).toBe('process */ id');
    expect([...kind!.labels!]).toEqual([
      [0, 'read'],
      [5, 'write'],
    ]);
    expect(path).toMatchObject({ meaning: 'skep_path_t', doc: 'as passed' });
  });

  it('tells key and value of its snapshots, histograms apart', () => {
    const { key, value } = read().snapshots.get('calls')!;
    expect(key).toMatchObject({ size: 8, members: [{ field: { name: 'pid' }, offset: 0 }] });
    expect(value.members.map(({ field, offset }) => [field.name, offset])).toEqual([
      ['calls', 0],
      ['longest', 8],
    ]);
    expect(value.histograms).toEqual([{ name: 'dist', offset: 16, doc: '' }]);
  });

  it('knows where its variables lie and what they hold', () => {
    const { variables } = read();
    const about = (name: string) => {
      const { section, size, initial } = variables.get(name)!;
      return [section, size, Buffer.from(initial).toString('latin1')];
    };
    expect(about('opt_failed')).toEqual(['.rodata', 1, '\x01']);
    expect(about('opt_limit')).toEqual(['.rodata', 4, '\x04\x03\x02\x01']);
    expect(about('opt_name')).toEqual(['.rodata', 16, 'bee'.padEnd(16, '\0')]);
    expect(about('total')).toEqual(['.data', 8, '\x07'.padEnd(8, '\0')]);
    expect(about('skep_counts_events')[0]).toBe('.bss');
    expect(variables.get('skep_counts_events')!.offset % 64).toBe(0);
  });

  it('gives the types of its rows as TypeScript', () => {
    const module = objectModule(read(), { x64: '../dist/x.x64.bpf.o', arm64: '../dist/x.arm64.bpf.o' });
    for (const line of [
      'time: bigint;',
      '/** process * / id */',
      'pid: number;',
      "kind: 'read' | 'write';",
      'fine: boolean;',
      'path: string;',
      'calls: bigint;',
      "  x64: new URL('../dist/x.x64.bpf.o', import.meta.url),",
      "  arm64: new URL('../dist/x.arm64.bpf.o', import.meta.url),",
    ]) {
      expect(module).toContain(line);
    }
  });

  it('is refused when it is cut short', () => {
    expect(() => readObject(bytes.subarray(0, 63))).toThrow(expect.objectContaining({ code: 'SKEP_SCHEMA' }));
  });

  it.each<[string, string, RegExp]>([
    ['a bit field', '__u32 flag : 1;', /member "flag" of struct tool_event is a bit field/],
    ['a struct', 'struct { __u32 a; } inner;', /member "inner" of struct tool_event cannot be a column/],
    ['a pointer', 'void *there;', /member "there" of struct tool_event cannot be a column/],
  ])('is refused with %s in its records', (_, member, message) => {
    const source = `#include <skep/probe.bpf.h>
struct tool_event { __u32 pid; ${member} };
SKEP_RING(events, struct tool_event, 4096);
`;
    expect(() => readObject(compile(source))).toThrow(message);
  });
});

describe('bytes that are no object', () => {
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('#!/bin/sh\n'.repeat(20))],
    ['a 32-bit file', Uint8Array.from({ length: 64 }, (_, i) => [0x7f, 0x45, 0x4c, 0x46, 1, 1][i] ?? 0)],
    ['a big-endian file', Uint8Array.from({ length: 64 }, (_, i) => [0x7f, 0x45, 0x4c, 0x46, 2, 2][i] ?? 0)],
  ])('%s', (_, bytes) => {
    expect(() => readElf(bytes)).toThrow(expect.objectContaining({ code: 'SKEP_SCHEMA' }));
    expect(() => parseBtf(bytes)).toThrow(expect.objectContaining({ code: 'SKEP_SCHEMA' }));
  });

  it('BTF of a kind from the future', () => {
    const bytes = new Uint8Array(24 + 12 + 1);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 0xeb9f, true);
    view.setUint32(4, 24, true);
    view.setUint32(12, 12, true);
    view.setUint32(16, 12, true);
    view.setUint32(20, 1, true);
    view.setUint32(24 + 4, 31 << 24, true);
    expect(() => parseBtf(bytes)).toThrow(/kind 31/);
  });

  it('types that go round in circles', () => {
    const btf = {
      types: [{ kind: 'void' }, { kind: 'typedef', name: 'a', type: 2 }, { kind: 'const', type: 1 }],
    } as const;
    expect(() => resolve(btf, 1)).toThrow(expect.objectContaining({ code: 'SKEP_SCHEMA' }));
  });
});
