// SPDX-License-Identifier: GPL-2.0
// Counts where CPUs are found at work: at every tick of a clock, the task and both halves of its stack.
#include <skep/probe.bpf.h>
#include <skep/container.bpf.h>
#include <skep/stack.bpf.h>
#include <skep/tasks.bpf.h>

const volatile bool opt_user_stacks_only = false;
const volatile bool opt_kernel_stacks_only = false;
const volatile bool opt_include_idle = false;

struct profile_key {
	__u32 pid SKEP_DOC("process; 0 is an idle CPU");
	skep_comm_t comm;
	skep_user_stack_t user_stack SKEP_DOC("what the program was doing");
	skep_kernel_stack_t kernel_stack SKEP_DOC("what the kernel did for it");
};
struct profile_value {
	__u64 samples SKEP_DOC("times a CPU was found there");
};
SKEP_SNAPSHOT(counts, HASH, struct profile_key, struct profile_value, 40960);

/* `ctx` is a struct bpf_perf_event_data, of which nothing is read here: the helpers take the registers from it. */
SEC("perf_event/cpu-clock:49")
int sample_clock(void *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct profile_key key = {};
	struct profile_value *value;

	if (!(__u32)id && !opt_include_idle)
		return 0;
	if (!skep_listed(id >> 32, id) || !skep_container_allowed())
		return 0;
	key.pid = id >> 32;
	bpf_get_current_comm(&key.comm, sizeof(key.comm));
	if (!opt_kernel_stacks_only)
		key.user_stack = skep_stack(counts, ctx, BPF_F_USER_STACK);
	if (!opt_user_stacks_only)
		key.kernel_stack = skep_stack(counts, ctx, 0);
	value = skep_slot(counts, &key);
	if (value)
		skep_add(&value->samples, 1);
	return 0;
}
