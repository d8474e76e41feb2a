// SPDX-License-Identifier: GPL-2.0
// One record per program that is executed, with option `fails` also per call that failed: who, its parent, arguments.
#include <skep/probe.bpf.h>
#include <skep/container.bpf.h>
#include <skep/kernel/exec.h>
#include <skep/kernel/trace.h>

#define ARGS_MAX 8192
#define STRING_READS 18   /* an argument is at most 128 KiB (MAX_ARG_STRLEN) */
#define INSERTED 10       /* an interpreter and its option, for each of the five levels the kernel goes down */
#define COMPARED 32       /* words of a script's name, to tell it from an option of the same length */

const volatile __u32 opt_max_args = 20; // the file name included
const volatile __u32 opt_ppid = 0;      // 0: all

struct execsnoop_event {
	skep_ktime_t time;
	__u32 uid;
	__u32 pid;
	__u32 ppid;
	__u32 cpu;
	skep_comm_t comm SKEP_DOC("of the new program; of the caller when the call failed");
	skep_comm_t pcomm SKEP_DOC("name of the parent");
	__s32 ret SKEP_DOC("0, or the negative errno");
	skep_argv_t args[ARGS_MAX] SKEP_DOC("file name, then the arguments after argv[0]; ends with ... when cut");
};
SKEP_RING(events, struct execsnoop_event, 1024 * 1024);

struct execsnoop_scratch {
	struct execsnoop_event event;
	char beyond[ARGS_MAX]; // an argument that starts within bounds may be read to its end
	__u64 at;              // bytes of args in use; here, because the verifier would follow every range of a local
	__u64 name[512];       // a script's name: PATH_MAX
	__u64 other[512];      // what it is compared with
};
SKEP_SCRATCH(scratch, struct execsnoop_scratch);

/* The record of the calling process without its arguments, or NULL when nobody asked for it. */
static __always_inline struct execsnoop_scratch *begin(int ret)
{
	struct task_struct *task = (void *)bpf_get_current_task(), *parent = BPF_CORE_READ(task, real_parent);
	__u32 ppid = BPF_CORE_READ(parent, tgid);
	struct execsnoop_scratch *s;

	if ((opt_ppid && ppid != opt_ppid) || !skep_task_allowed() || !skep_container_allowed())
		return NULL;
	s = skep_scratch(scratch);
	if (!s)
		return NULL;
	s->at = 0;
	s->event.time = bpf_ktime_get_boot_ns();
	s->event.uid = bpf_get_current_uid_gid();
	s->event.pid = bpf_get_current_pid_tgid() >> 32;
	s->event.ppid = ppid;
	s->event.cpu = bpf_get_smp_processor_id();
	s->event.ret = ret;
	bpf_get_current_comm(&s->event.comm, sizeof(s->event.comm));
	BPF_CORE_READ_STR_INTO(&s->event.pcomm, parent, comm);
	return s;
}

#define ROOM(s) (&(s)->event.args[(s)->at & (ARGS_MAX - 1)])

/* Add the text at a user address, an empty one if it cannot be read; false when it did not fit. */
static __always_inline bool add(struct execsnoop_scratch *s, const char *text)
{
	long length = bpf_probe_read_user_str(ROOM(s), ARGS_MAX, text);

	if (length <= 0) {
		*ROOM(s) = 0;
		length = 1;
	}
	s->at += length;
	return s->at < ARGS_MAX;
}

static __always_inline void finish(struct execsnoop_scratch *s, bool cut)
{
	__u64 at = s->at;

	if (cut) {
		if (at > ARGS_MAX - 4)
			at = ARGS_MAX - 4;
		__builtin_memcpy(&s->event.args[at], "...", 4);
		at += 4;
		skep_note_cut(events);
	}
	if (at <= ARGS_MAX)
		skep_output(events, &s->event, offsetof(struct execsnoop_event, args) + at);
}

/* The address behind the text at `text`, however long it is. */
static __always_inline unsigned long skip(struct execsnoop_scratch *s, unsigned long text)
{
	for (int i = 0; i < STRING_READS; i++) {
		long length = bpf_probe_read_user_str(s->event.args, ARGS_MAX, (void *)text);

		if (length < ARGS_MAX)
			return text + (length > 0 ? length : 0);
		text += ARGS_MAX - 1;
	}
	return text;
}

/*
 * Where the arguments after argv[0] begin. Before those of a script stand its interpreter's, up to the script's name:
 * `#!/bin/sh -e` makes /bin/sh, -e, name, and what the caller passed after argv[0].
 */
static __always_inline unsigned long skip_interpreter(struct execsnoop_scratch *s, struct linux_binprm *bprm,
						      unsigned long from)
{
	unsigned long text = from = skip(s, from);
	long length;

	if (BPF_CORE_READ(bprm, filename) == BPF_CORE_READ(bprm, interp))
		return from;
	__builtin_memset(s->name, 0, COMPARED * 8);
	length = bpf_probe_read_kernel_str(s->name, sizeof(s->name), BPF_CORE_READ(bprm, filename));
	for (int i = 0; i < INSERTED; i++) {
		__u64 different;

		__builtin_memset(s->other, 0, COMPARED * 8);
		different = bpf_probe_read_user_str(s->other, sizeof(s->other), (void *)text) ^ length;
		for (int j = 0; j < COMPARED; j++)
			different |= s->name[j] ^ s->other[j];
		text = skip(s, text);
		if (!different)
			return text;
	}
	return from;
}

static __always_inline int executed(struct task_struct *task, struct linux_binprm *bprm)
{
	unsigned long text, stop = BPF_CORE_READ(task, mm, arg_end);
	struct execsnoop_scratch *s = begin(0);

	if (!s)
		return 0;
	text = skip_interpreter(s, bprm, BPF_CORE_READ(task, mm, arg_start));
	s->at = bpf_probe_read_kernel_str(s->event.args, ARGS_MAX, BPF_CORE_READ(bprm, filename));
	for (__u32 i = 1; i < opt_max_args && text < stop; i++) {
		__u64 before = s->at;

		if (!add(s, (void *)text))
			break;
		text += s->at - before;
	}
	finish(s, text < stop);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(exec_btf, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return executed(task, bprm);
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(exec_raw, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return executed(task, bprm);
}

/* A call that failed leaves the caller's memory and registers as they were: nothing to remember from its enter. */
static __always_inline int failed(long ret, bool at)
{
	struct execsnoop_scratch *s = ret < 0 ? begin(ret) : NULL;
	const char **argv, *text = NULL;
	struct pt_regs *regs;

	if (!s)
		return 0;
	regs = skep_task_regs();
	argv = (void *)(at ? PT_REGS_PARM3_CORE_SYSCALL(regs) : PT_REGS_PARM2_CORE_SYSCALL(regs));
	add(s, (void *)(at ? PT_REGS_PARM2_CORE_SYSCALL(regs) : PT_REGS_PARM1_CORE_SYSCALL(regs)));
	for (__u32 i = 1; i <= opt_max_args; i++) {
		if (bpf_probe_read_user(&text, sizeof(text), &argv[i]) || !text || i == opt_max_args || !add(s, text))
			break;
	}
	finish(s, text);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_execve")
int execve_failed(struct trace_event_raw_sys_exit *ctx) { return failed(ctx->ret, false); }

SEC("tracepoint/syscalls/sys_exit_execveat")
int execveat_failed(struct trace_event_raw_sys_exit *ctx) { return failed(ctx->ret, true); }
