import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatchBuilder, createDecoder, type Schema } from '@skep/core';
import { afterAll, expect, it } from 'vitest';
import { attachProgram } from './attach.js';
import { readObject } from './btf/index.js';
import { onOneCpu } from './kernel-fixture.js';
import { BpfObject } from './object.js';
import { PerfBuffer } from './perf-buffer.js';

const SOURCE = `
#include <skep/probe.bpf.h>
struct perf_event_record { __u64 count; __u32 pid; skep_comm_t comm; __u32 zero; };
SKEP_RING(types, struct perf_event_record, 4096);
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } events SEC(".maps");
const volatile __u32 opt_only = 0;
__u64 sent;
SEC("raw_tp/sys_enter")
int send(void *ctx)
{
	struct perf_event_record e = {};
	if (bpf_get_current_pid_tgid() >> 32 != opt_only || (__u64)((__u64 *)ctx)[1] != 102)
		return 0;
	e.count = __sync_fetch_and_add(&sent, 1);
	e.pid = opt_only;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	bpf_perf_event_output(ctx, &events, 0xffffffffULL, &e, sizeof(e));
	return 0;
}
`;

const folder = mkdtempSync(join(tmpdir(), 'skep-perf-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(): { object: BpfObject; builder: BatchBuilder; decoder: ReturnType<typeof createDecoder> } {
  const include = fileURLToPath(new URL('../include', import.meta.url));
  writeFileSync(join(folder, 'perf.bpf.c'), SOURCE);
  const flags = ['--target=bpf', '-D__TARGET_ARCH_x86', '-g', '-O2', '-mcpu=v3', '-I', include];
  execFileSync('clang', [...flags, '-c', 'perf.bpf.c', '-o', 'perf.bpf.o'], { cwd: folder });
  const bytes = readFileSync(join(folder, 'perf.bpf.o'));
  const info = readObject(bytes);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const object = new BpfObject('perf', { bytes, info }, log);
  object.setConstant('opt_only', new Uint8Array(Uint32Array.of(process.pid).buffer));
  object.load();
  const { members } = info.rings.get('types')!;
  const fields = members.map(({ field }) => field);
  const schema: Schema = {
    plugin: 'p',
    source: 'p',
    stream: 's',
    shape: 'events',
    fields,
    keys: [],
    layout: { columns: [] },
  };
  const decoder = createDecoder(members, () => ({ offsetLow: 0, offsetHigh: 0 }));
  return { object, builder: new BatchBuilder(schema, 100_000), decoder };
}

/** getuid(2), system call 102 on x86-64: nothing else here makes it. */
function getuid(times: number): void {
  for (let i = 0; i < times; i++) process.getuid!();
}

it.skipIf(process.arch !== 'x64')(
  'reads every sample across the end of the pages, and counts those that found no room',
  () => {
    const { object, builder, decoder } = load();
    const buffer = new PerfBuffer(object.map('events'), decoder, 32, 2);
    const links = attachProgram(object, 'send');
    let rows = 0;
    for (let round = 0; round < 101; round++) {
      getuid(97);
      rows += buffer.drain(builder);
    }
    expect(rows).toBe(101 * 97);
    expect(buffer.lost).toBe(0n);
    const counts = builder.columns[0]!;
    const seen = new Set(
      Array.from({ length: rows }, (_, r) => Number(counts.kind === 'wide' ? counts.values[r] : -1)),
    );
    expect(seen.size).toBe(rows);
    builder.reset();
    let delivered = 0;
    onOneCpu(() => {
      getuid(4999);
      delivered += buffer.drain(builder);
      // The loss is told with the next sample of that CPU.
      getuid(1);
      delivered += buffer.drain(builder);
    });
    expect(buffer.lost).toBeGreaterThan(0n);
    expect(BigInt(delivered) + buffer.lost).toBe(5000n);
    for (const link of links) link.destroy();
    buffer.close();
    object.close();
  },
);
