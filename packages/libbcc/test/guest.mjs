// Runs in a virtual machine, on a kernel with kprobes, BTF functions and LSM programs: attaches a program to each, makes
// calls, and prints what was counted as JSON.
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { BPF, matchFunctions } from '@skep/libbcc';

// In memory: the root of the machine is an overlay, which makes a second folder below each.
const FOLDER = '/dev/skep-made';
const warnings = [];
const log = { debug() {}, info() {}, warn: (text) => warnings.push(text), error() {} };

const text = `
#include <linux/fs.h>
#include <linux/sched.h>

struct made { u32 pid; int result; char comm[TASK_COMM_LEN]; umode_t mode; };
BPF_PERF_OUTPUT(dirs);
BPF_HASH(modes, u32, umode_t);
BPF_ARRAY(counts, u64, 6);

#define OURS ((u32)(bpf_get_current_pid_tgid() >> 32) == PID)

int on_mkdir(struct pt_regs *ctx, struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	u32 pid = PID;

	if (OURS)
		modes.update(&pid, &mode);
	return 0;
}

int on_made(struct pt_regs *ctx)
{
	struct made made = { .pid = bpf_get_current_pid_tgid() >> 32, .result = PT_REGS_RC(ctx) };
	umode_t *mode;

	if (!OURS)
		return 0;
	mode = modes.lookup(&made.pid);
	if (mode)
		made.mode = *mode;
	bpf_get_current_comm(&made.comm, sizeof(made.comm));
	dirs.perf_submit(ctx, &made, sizeof(made));
	return 0;
}

int on_any(struct pt_regs *ctx)
{
	if (OURS)
		counts.increment(0);
	return 0;
}

int kprobe__vfs_rmdir(struct pt_regs *ctx)
{
	if (OURS)
		counts.increment(1);
	return 0;
}

KFUNC_PROBE(vfs_mkdir)
{
	if (OURS)
		counts.increment(2);
	return 0;
}

KRETFUNC_PROBE(vfs_rmdir)
{
	if (OURS)
		counts.increment(3);
	return 0;
}

LSM_PROBE(path_mkdir, const struct path *dir, struct dentry *dentry, umode_t mode)
{
	if (OURS)
		counts.increment(4);
	return 0;
}
`;

const b = await BPF.create({ text, cflags: [`-DPID=${process.pid}`], log });
b.attachKprobe({ event: 'vfs_mkdir', fn: 'on_mkdir' });
b.attachKretprobe({ event: 'vfs_mkdir', fn: 'on_made' });
b.attachKprobe({ eventRe: 'vfs_(mk|rm)dir', fn: 'on_any' });
const failures = [];
for (const attach of [
  () => b.attachKprobe({ event: 'vfs_mkdri', fn: 'on_any' }),
  () => b.attachKprobe({ eventRe: '.*', fn: 'on_any' }),
  () => b.attachKprobe({ eventRe: 'no_such_.*', fn: 'on_any' }),
]) {
  try {
    attach();
  } catch ({ code, message, remedy }) {
    failures.push([code, message, remedy]);
  }
}
for (let i = 0; i < 7; i++) {
  mkdirSync(FOLDER, 0o750);
  rmdirSync(FOLDER);
}
const rows = [];
for await (const row of b.open('dirs', { signal: AbortSignal.abort() })) rows.push(row);
const kinds = b.attachments.map(({ kind, target }) => `${kind} ${target}`);
const counts = b
  .table('counts')
  .entries()
  .map(([, n]) => Number(n));
await b.detach('kprobe', 'vfs_(mk|rm)dir');
mkdirSync(FOLDER);
rmdirSync(FOLDER);
const after = Number(b.table('counts').get(0));
await b.close();
const events = readFileSync('/sys/kernel/tracing/kprobe_events', 'utf8');
console.log(
  JSON.stringify({
    rows,
    kinds,
    counts,
    after,
    failures,
    warnings,
    events,
    matched: matchFunctions('vfs_(mk|rm)dir'),
  }),
);
