// SPDX-License-Identifier: GPL-2.0
// Adds up the time that tasks are off the CPU, by the stack with which they left it.
#include <skep/probe.bpf.h>

#define SKEP_STACKS_STAY /* a task may sleep for days */
#include <skep/stack.bpf.h>
#include <skep/tasks.bpf.h>

#define PF_KTHREAD 0x00200000
#define TASK_DEAD 0x80
#define ANY_STATE ((__u32)-1)

const volatile bool opt_user_threads_only = false;
const volatile bool opt_kernel_threads_only = false;
const volatile bool opt_user_stacks_only = false;
const volatile bool opt_kernel_stacks_only = false;
const volatile __u64 opt_min_block_time = 1; // us
const volatile __u64 opt_max_block_time = (__u64)-1;
const volatile __u32 opt_state = ANY_STATE; // 0: was runnable; else any of these bits
const volatile __u32 opt_perf_max_stack_depth = SKEP_STACK_DEPTH;

struct offcputime_key {
	__u32 pid SKEP_DOC("process");
	__u32 tid SKEP_DOC("thread that was off the CPU");
	skep_comm_t comm;
	skep_user_stack_t user_stack SKEP_DOC("what the program had called");
	skep_kernel_stack_t kernel_stack SKEP_DOC("where the kernel left it");
};
struct offcputime_value {
	__u64 total_us SKEP_DOC("microseconds off the CPU");
};
SKEP_SNAPSHOT(blocked, HASH, struct offcputime_key, struct offcputime_value, 10240);

/* A task that is off the CPU. */
struct offcputime_left {
	__u64 since;
	__u64 kernel_stack;
	__u64 user_stack;
};
SKEP_MAP(left, HASH, __u32, struct offcputime_left, 32768); // by thread: tasks off the CPU at one time

static __always_inline bool wanted(struct task_struct *task, bool kernel_thread)
{
	__u32 state = skep_task_state(task);

	if (state & TASK_DEAD)
		return false; /* it never comes back */
	if (opt_state != ANY_STATE && (opt_state ? !(state & opt_state) : state != 0))
		return false;
	if (kernel_thread ? opt_user_threads_only : opt_kernel_threads_only)
		return false;
	return skep_listed(BPF_CORE_READ(task, tgid), BPF_CORE_READ(task, pid));
}

static __always_inline void on_leave(void *ctx, struct task_struct *task)
{
	bool kernel_thread = BPF_CORE_READ(task, flags) & PF_KTHREAD;
	__u32 tid = BPF_CORE_READ(task, pid);
	struct offcputime_left l = {};

	/* 0 is the idle task of every CPU. */
	if (!tid || !wanted(task, kernel_thread))
		return;
	if (!opt_user_stacks_only)
		l.kernel_stack = skep_stack_to(blocked, ctx, 0, opt_perf_max_stack_depth);
	if (!opt_kernel_stacks_only && !kernel_thread)
		l.user_stack = skep_stack_to(blocked, ctx, BPF_F_USER_STACK, opt_perf_max_stack_depth);
	l.since = bpf_ktime_get_ns();
	skep_remember(blocked, left, &tid, &l);
}

static __always_inline void on_return(struct task_struct *task)
{
	__u32 tid = BPF_CORE_READ(task, pid);
	struct offcputime_left *l = bpf_map_lookup_elem(&left, &tid);
	struct offcputime_key key = {};
	struct offcputime_value *value;
	__s64 ns;
	__u64 us;

	if (!l)
		return;
	ns = bpf_ktime_get_ns() - l->since;
	us = (__u64)ns / 1000;
	/* The clock of another CPU may be ahead by less than a microsecond. */
	if (ns >= 0 && us >= opt_min_block_time && us <= opt_max_block_time) {
		key.pid = BPF_CORE_READ(task, tgid);
		key.tid = tid;
		BPF_CORE_READ_STR_INTO(&key.comm, task, comm);
		key.kernel_stack = l->kernel_stack;
		key.user_stack = l->user_stack;
		value = skep_slot(blocked, &key);
		if (value)
			skep_add(&value->total_us, us);
	}
	bpf_map_delete_elem(&left, &tid);
}

static __always_inline int on_switch(void *ctx, struct task_struct *prev, struct task_struct *next)
{
	on_leave(ctx, prev);
	on_return(next);
	return 0;
}

SEC("tp_btf/sched_switch") int switch_btf(__u64 *ctx) { return on_switch(ctx, (void *)ctx[1], (void *)ctx[2]); }
SEC("raw_tp/sched_switch") int switch_raw(__u64 *ctx) { return on_switch(ctx, (void *)ctx[1], (void *)ctx[2]); }
