import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from './fixture.js';
import { attachRawTracepoint, attachTracepoint, BpfObject, readObject } from './index.js';
import { MAGIC, NUMBERED, noKernel, probeOf, SILENT, Storm } from './kernel-fixture.js';

// Printing has a tracepoint of its own, so the second program calls for itself while it runs.
const NESTED = `${NUMBERED}
#include <bpf/bpf_tracing.h>
SKEP_RING(events, struct test_event, 64 * 1024);
ON_CALL(nested_outer)
{
	struct test_event *e;

	if (!IS_OURS(ctx))
		return 0;
	bpf_printk("skep_skipped_run");
	e = skep_reserve(events);
	if (!e)
		return 0;
	__builtin_memset(e, 0, sizeof(*e));
	skep_submit(events, e);
	return 0;
}
SEC("raw_tp/bpf_trace_printk") int nested_inner(void *ctx)
{
	bpf_printk("skep_skipped_run");
	return 0;
}
`.replace('__u32 filler[9];', '__u8 filler[36];');

const format = '/sys/kernel/tracing/events/bpf_trace/bpf_trace_printk/format';
const cannot = noKernel ?? (hasTracepoint() ? undefined : 'the kernel has no tracepoint bpf_trace_printk');

describe.skipIf(cannot)(`programs that the kernel skips${cannot ? ` (skipped: ${cannot})` : ''}`, () => {
  it('are counted, also when all is closed', async () => {
    const test = probeOf(NESTED, {
      attach: [['nested_outer', 'nested_inner']],
      streams: { calls: { ring: 'events' } },
    });
    const storm = new Storm();
    try {
      await test.probe.open();
      await test.probe.attach();
      expect(test.probe.skippedRuns()).toBe(0n);
      storm.runSync(57);
      expect(test.probe.skippedRuns()).toBe(57n);
      await test.finish();
      expect(test.rows).toHaveLength(57);
      await test.probe.close();
      expect(test.probe.skippedRuns()).toBe(57n);
    } finally {
      await test.probe.close();
      await test.poller.close();
      storm.remove();
    }
  });

  it('are counted of copies of a program, until they are dropped', () => {
    const bytes = compile(NESTED);
    const object = new BpfObject('skep_test', { bytes, info: readObject(bytes) }, SILENT);
    const storm = new Storm();
    try {
      object.select(new Set(['nested_outer', 'nested_inner']));
      object.setConstant('opt_magic', new Uint8Array(Uint32Array.of(MAGIC).buffer));
      object.load();
      const copy = object.loadCopy('nested_inner', { type: 'raw_tracepoint' });
      const links = [
        attachRawTracepoint(copy, 'bpf_trace_printk'),
        attachTracepoint(object.programFd('nested_outer'), 'syscalls', 'sys_enter_getpriority'),
      ];
      storm.runSync(57);
      expect(object.skippedRuns).toBe(57n);
      for (const link of links) link.destroy();
      object.dropCopy(copy);
      expect(object.skippedRuns).toBe(0n);
    } finally {
      object.close();
      storm.remove();
    }
  });
});

function hasTracepoint(): boolean {
  try {
    return readFileSync(format, 'utf8').includes('bpf_string');
  } catch {
    return false;
  }
}
