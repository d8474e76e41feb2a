// SPDX-License-Identifier: GPL-2.0
// Counts the stacks that lead to any of many places; user space attaches it to them.
#include <skep/probe.bpf.h>
#include <skep/stack.bpf.h>

const volatile __u32 opt_cpu = SKEP_ALL;
const volatile bool opt_perpid = false;
const volatile bool opt_user_stacks_only = false;
const volatile bool opt_kernel_stacks_only = false;

struct stackcount_key {
	__u32 pid SKEP_DOC("process");
	skep_comm_t comm;
	skep_user_stack_t user_stack SKEP_DOC("what the program had called");
	skep_kernel_stack_t kernel_stack SKEP_DOC("what the kernel did for it");
};
struct stackcount_value {
	__u64 count SKEP_DOC("times the place was reached by this stack");
};
SKEP_SNAPSHOT(counts, HASH, struct stackcount_key, struct stackcount_value, 40960);

static __always_inline int count(void *ctx)
{
	struct stackcount_key key = {};
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct stackcount_value *value;

	if (opt_cpu != SKEP_ALL && bpf_get_smp_processor_id() != opt_cpu)
		return 0;
	if (!skep_pid_allowed(pid))
		return 0;
	/* The user half has names only with its process: rows of all processes are made one when they are read. */
	if (opt_perpid || opt_pid || !opt_kernel_stacks_only)
		key.pid = pid;
	if (opt_perpid || opt_pid)
		bpf_get_current_comm(&key.comm, sizeof(key.comm));
	if (!opt_kernel_stacks_only)
		key.user_stack = skep_stack(counts, ctx, BPF_F_USER_STACK);
	if (!opt_user_stacks_only)
		key.kernel_stack = skep_stack(counts, ctx, 0);
	value = skep_slot(counts, &key);
	if (value)
		skep_add(&value->count, 1);
	return 0;
}

SEC("kprobe")
int count_function(void *ctx) { return count(ctx); }

SEC("tracepoint")
int count_event(void *ctx) { return count(ctx); }
