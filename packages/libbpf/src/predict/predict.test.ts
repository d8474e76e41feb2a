import { definePlugin, option } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { attachSets } from '../attach-sets.js';
import { type LazyBtf, readObject } from '../btf/index.js';
import { compile, noClang } from '../fixture.js';
import { kernel, kernelTypes } from './fixture.js';
import { type KernelDescription, predict, readCode, withoutFeatures } from './index.js';

const SOURCE = `
#include <skep/probe.bpf.h>
struct thing { __u32 since_6; } __attribute__((preserve_access_index));
const volatile bool opt_deep = false;
const volatile __u8 skep_args_moved = 1;
struct test_event { __u64 number; };
SKEP_RING(events, struct test_event, 4096);

static __always_inline int emit(__u64 number)
{
	struct test_event *e = skep_reserve(events);
	if (!e)
		return 0;
	e->number = number;
	skep_submit(events, e);
	return 0;
}
SEC("tp_btf/first") int first_btf(__u64 *ctx)
{
	if (opt_deep)
		return emit(BPF_CORE_READ((struct thing *)ctx[0], since_6));
	return emit(ctx[0]);
}
SEC("raw_tp/first") int first_raw(__u64 *ctx) { return emit(ctx[1]); }
SEC("tracepoint/cat/first") int first_tp(void *ctx) { return emit(*(__u64 *)(ctx + 16)); }
SEC("kprobe/do_first") int first_kprobe(void *ctx) { return emit(1); }
SEC("fentry/do_first") int first_fentry(__u64 *ctx) { return emit(ctx[1]); }
SEC("raw_tp/moved") int moved_raw(__u64 *ctx) { return emit(skep_args_moved > 1 ? ctx[1] : ctx[0]); }
`;

const SETS = [
  ['first_btf'],
  ['first_raw'],
  ['first_tp'],
  ['first_kprobe'],
  ['first_fentry'],
  ['first_raw', 'first_kprobe?'],
  ['first_kprobe?'],
  ['moved_raw'],
];

const TYPES = `
enum bpf_map_type { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_RINGBUF = 27 };
enum bpf_func_id { BPF_FUNC_map_lookup_elem = 1, BPF_FUNC_ringbuf_reserve = 131, BPF_FUNC_ringbuf_submit = 132, BPF_FUNC_ringbuf_query = 134,
 BPF_FUNC_probe_read_kernel = 113, BPF_FUNC_get_smp_processor_id = 8 };
typedef void (*btf_trace_first)(void *, int, int);
struct holder { btf_trace_first a; };
`;

const definition = definePlugin({
  object: { url: new URL('file:///nowhere') },
  attach: SETS,
  streams: { events: { ring: 'events' } },
  options: { deep: option.boolean('Read more') },
  selftest: { workload: () => undefined, expect: () => true },
  // biome-ignore lint/suspicious/noExplicitAny: an object without generated types
} as any);

describe.skipIf(noClang)('attach sets', () => {
  const bytes = compile(SOURCE);
  const info = readObject(bytes);
  const code = readCode(bytes);
  const types = kernelTypes(TYPES);
  const full: KernelDescription = kernel({
    tables: [types],
    functionNamed: (name) => (name === 'do_first' ? { isTraceable: true, params: 2 } : undefined),
    rawTracepoint: () => ({ args: 2 }),
    tracepoint: () => ({ fields: [{ name: 'n', offset: 16, size: 8 }] }),
  });

  const outcomes = (on: KernelDescription, options = { deep: false }) =>
    predict({
      name: 'test',
      info,
      code,
      definition,
      options,
      kernel: on,
      sets: attachSets(definition, options),
    });
  const verdicts = (on: KernelDescription, options?: { deep: boolean }) =>
    outcomes(on, options).map(({ verdict }) => verdict);
  const reason = (on: KernelDescription, set: number, options?: { deep: boolean }) =>
    outcomes(on, options)[set]!.reason;

  it('are all possible on a kernel that has everything', () => {
    expect(
      outcomes(full)
        .map((one) => one.reason)
        .join(''),
    ).toBe('');
    expect(new Set(verdicts(full))).toEqual(new Set(['possible']));
  });

  it('need their targets', () => {
    const bare: KernelDescription = {
      ...full,
      functionNamed: () => undefined,
      tracepoint: () => undefined,
      rawTracepoint: () => undefined,
      elsewhere: () => 'another has it',
    };
    expect(verdicts(bare)).toEqual([
      'possible',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
    ]);
    expect(reason(bare, 1)).toBe('first_raw: no tracepoint first; another has it');
    expect(reason(bare, 3)).toMatch(/^first_kprobe: no function do_first/);
  });

  it('may leave out what is optional, but not all of it', () => {
    const noFunction: KernelDescription = { ...full, functionNamed: () => undefined };
    const all = verdicts(noFunction);
    expect([all[5], all[6]]).toEqual(['possible', 'refused']);
  });

  it('read no arguments that the tracepoint or function does not have', () => {
    const fewer: KernelDescription = {
      ...full,
      rawTracepoint: () => ({ args: 1 }),
      functionNamed: () => ({ isTraceable: true, params: 0 }),
    };
    expect(reason(fewer, 1)).toBe('first_raw: reads argument 2 of tracepoint first, which has 1 here');
    expect(verdicts(fewer)[4]).toBe('refused');
  });

  it('read no bytes behind the record of a tracepoint, and are doubted where no field is', () => {
    const short: KernelDescription = { ...full, tracepoint: () => ({ fields: [{ name: 'n', offset: 8, size: 4 }] }) };
    expect(reason(short, 2)).toBe('first_tp: reads 8 bytes at 16 of cat/first, whose record has 12 bytes here');
    const gap = { name: 'far', offset: 32, size: 4 };
    const other: KernelDescription = {
      ...full,
      tracepoint: () => ({ fields: [{ name: 'n', offset: 8, size: 4 }, gap] }),
    };
    expect(verdicts(other)[2]).toBe('unknown');
  });

  it('put no fentry on a function whose arguments BTF does not tell, nor any probe on one that cannot be traced', () => {
    expect(verdicts({ ...full, functionNamed: () => ({ isTraceable: true, params: undefined }) }).slice(3, 5)).toEqual([
      'possible',
      'refused',
    ]);
    expect(verdicts({ ...full, functionNamed: () => ({ isTraceable: false, params: 2 }) }).slice(3, 5)).toEqual([
      'refused',
      'refused',
    ]);
  });

  it('are refused for a member that only an option reads, when the option is on', () => {
    expect(verdicts(full, { deep: true })[0]).toBe('refused');
    expect(reason(full, 0, { deep: true })).toBe('first_btf: reads what this kernel lacks: no struct thing');
  });

  it('take arguments where the tracepoint of the kernel has them', () => {
    const two = kernelTypes(
      `${TYPES}\ntypedef void (*btf_trace_moved)(void *, int, int);\nstruct more { btf_trace_moved a; };`,
    );
    const one: KernelDescription = { ...full, rawTracepoint: () => ({ args: 1 }) };
    expect(verdicts(one)[7]).toBe('possible');
    expect(verdicts({ ...one, tables: [two as LazyBtf] })[7]).toBe('refused');
  });

  it('are not sure of what is not described', () => {
    const dark: KernelDescription = {
      ...full,
      functionNamed: () => 'unknown',
      tracepoint: () => 'unknown',
      rawTracepoint: () => 'unknown',
    };
    expect(verdicts(dark)).toEqual([
      'possible',
      'unknown',
      'unknown',
      'unknown',
      'unknown',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });

  it('do without features that are turned off', () => {
    const without = (...names: string[]) => verdicts(withoutFeatures(full, new Set(names)));
    expect(without('tp_btf')).toEqual(['refused', ...verdicts(full).slice(1)]);
    expect(without('kprobe').slice(3)).toEqual(['refused', 'possible', 'possible', 'refused', 'possible']);
    expect(new Set(without('ringbuf'))).toEqual(new Set(['refused']));
    expect(reason(withoutFeatures(full, new Set(['fentry'])), 4)).toBe(
      'first_fentry: turned off by --no-feature fentry',
    );
  });

  it('are refused when a helper or a kind of map is missing', () => {
    const old = kernelTypes(
      TYPES.replace('BPF_MAP_TYPE_RINGBUF = 27', 'X = 3').replace('BPF_FUNC_ringbuf_reserve = 131, ', ''),
    );
    const said = reason({ ...full, tables: [old] }, 1);
    expect(said).toContain('map events: this kernel has no maps of type 27');
    expect(said).toContain('calls bpf_ringbuf_reserve(), which this kernel lacks');
  });
});
