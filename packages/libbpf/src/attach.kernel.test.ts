// Kinds of attachment that no plugin of this repository uses yet: USDT probes and iterators.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { attachProgram } from './attach.js';
import { readObject } from './btf/index.js';
import { compile } from './fixture.js';
import { readIterator } from './iterator.js';
import { noKernel } from './kernel-fixture.js';
import { BpfObject } from './object.js';

const folder = mkdtempSync(join(tmpdir(), 'skep-attach-'));
afterAll(() => rmSync(folder, { recursive: true }));

const log = { debug() {}, info() {}, warn() {}, error() {} };

function load(source: string): BpfObject {
  const bytes = compile(source);
  const object = new BpfObject('attach', { bytes, info: readObject(bytes) }, log);
  object.load();
  return object;
}

/** Fires skep:ping with its argument as often as it is told; the note is the one that <sys/sdt.h> describes. */
const PROGRAM = `
#include <stdlib.h>
__attribute__((noinline)) static void ping(int n)
{
  __asm__ volatile(
    "990: nop\\n"
    ".pushsection .note.stapsdt,\\"\\",\\"note\\"\\n.balign 4\\n.4byte 992f-991f, 994f-993f, 3\\n"
    "991: .asciz \\"stapsdt\\"\\n992: .balign 4\\n"
    "993: .8byte 990b\\n.8byte probe_base\\n.8byte 0\\n.asciz \\"skep\\"\\n.asciz \\"ping\\"\\n.asciz \\"-4@%0\\"\\n"
    "994: .balign 4\\n.popsection\\n"
    ".pushsection .stapsdt.base,\\"a\\",@progbits\\nprobe_base: .space 1\\n.popsection\\n" :: "r"(n));
}
int main(int argc, char **argv)
{
  for (int n = atoi(argv[1]); n > 0; n--)
    ping(n);
  return argc - 2;
}
`;

it.skipIf(noKernel || process.arch !== 'x64')('a USDT probe gives its argument every time it fires', () => {
  const binary = join(folder, 'pinger');
  writeFileSync(`${binary}.c`, PROGRAM);
  execFileSync('clang', ['-O2', '-o', binary, `${binary}.c`]);
  const object = load(`
#include <skep/usdt.bpf.h>
__u64 seen, sum;
SEC("usdt/${binary}:skep:ping")
int ping(struct pt_regs *ctx)
{
	long n = 0;

	bpf_usdt_arg(ctx, 0, &n);
	__sync_fetch_and_add(&seen, 1);
	__sync_fetch_and_add(&sum, (__u64)(int)n);
	return 0;
}
`);
  const links = attachProgram(object, 'ping');
  execFileSync(binary, ['97']);
  for (const link of links) link.destroy();
  execFileSync(binary, ['3']);
  const words = new BigUint64Array(object.mapSection('.bss')!.buffer);
  const at = (name: string) => words[object.info.variables.get(name)!.offset / 8];
  expect([at('seen'), at('sum')]).toEqual([97n, (97n * 98n) / 2n]);
  object.close();
});

it.skipIf(noKernel)('an iterator over tasks finds this process', () => {
  const object = load(`
#include <skep/probe.bpf.h>
struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; } __attribute__((preserve_access_index));
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; } __attribute__((preserve_access_index));
SEC("iter/task")
int tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	int pid;

	if (!task)
		return 0;
	pid = task->pid;
	bpf_seq_write(ctx->meta->seq, &pid, sizeof(pid));
	return 0;
}
`);
  const [link] = attachProgram(object, 'tasks');
  const bytes = readIterator(link!);
  const pids = new Int32Array(new Uint8Array(bytes).buffer);
  expect(pids).toContain(process.pid);
  link!.destroy();
  object.close();
});
