// SPDX-License-Identifier: GPL-2.0
// Measures calls from entry to return. Every thread has a stack of the calls it is in, so calls inside calls are right.
#include <skep/target.bpf.h>

/* Calls inside one another that are told apart; deeper ones are counted as one with the last. */
#define DEPTH 32

struct funclatency_call {
	__u64 started;
	__u32 target;
	__u32 reserved;
};
struct funclatency_stack {
	__u32 depth;
	__u32 reserved;
	struct funclatency_call calls[DEPTH];
};
/* By thread. A thread that ends inside a call leaves its entry, which goes when room is needed. */
SKEP_MAP(stacks, LRU_HASH, __u32, struct funclatency_stack, 4096);

struct funclatency_key {
	__u32 target;
	__u32 pid;
};
struct funclatency_times {
	__u64 total;
	skep_hist_t times;
};
/* One entry for each function and process asked for. */
SKEP_MAP(latency, PERCPU_HASH, struct funclatency_key, struct funclatency_times, 4096);
SKEP_MAP(refused, PERCPU_ARRAY, __u32, __u64, 1); // calls that found `latency` or `stacks` full

const volatile __u32 unit_ns = 1;      // nanoseconds of a unit
const volatile bool per_pid = false;   // a histogram for each process
const volatile bool per_target = false; // a histogram for each function
const volatile __u32 opt_level = 0;    // 0: all calls; else those of so many outermost levels

static struct funclatency_stack zero_stack;
static struct funclatency_times zero_times;

static __always_inline void refuse(void)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&refused, &zero);

	if (count)
		skep_add(count, 1);
}

static __always_inline int enter(__u32 target)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id, depth;
	struct funclatency_stack *stack;

	if (!skep_task_allowed())
		return 0;
	stack = bpf_map_lookup_elem(&stacks, &tid);
	if (!stack) {
		bpf_map_update_elem(&stacks, &tid, &zero_stack, BPF_NOEXIST);
		stack = bpf_map_lookup_elem(&stacks, &tid);
	}
	if (!stack) {
		refuse();
		return 0;
	}
	depth = stack->depth++;
	if (depth >= DEPTH)
		return 0;
	stack->calls[depth].target = target;
	stack->calls[depth].started = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int leave(void)
{
	__u64 now = bpf_ktime_get_ns(), id = bpf_get_current_pid_tgid(), units;
	struct funclatency_stack *stack;
	struct funclatency_times *times;
	struct funclatency_key key = {};
	__u32 tid = id, depth;

	if (!skep_pid_allowed(id >> 32))
		return 0;
	stack = bpf_map_lookup_elem(&stacks, &tid);
	if (!stack || !stack->depth) /* the call began before the tracing */
		return 0;
	depth = --stack->depth;
	if (depth >= DEPTH || (opt_level && depth >= opt_level))
		return 0;
	units = (now - stack->calls[depth].started) / unit_ns;
	if (per_target)
		key.target = stack->calls[depth].target;
	if (per_pid)
		key.pid = id >> 32;
	times = bpf_map_lookup_elem(&latency, &key);
	if (!times) {
		bpf_map_update_elem(&latency, &key, &zero_times, BPF_NOEXIST);
		times = bpf_map_lookup_elem(&latency, &key);
	}
	if (!times) {
		refuse();
		return 0;
	}
	skep_add(&times->total, units);
	skep_add(&times->times.slots[skep_log2(units) & 63], 1);
	return 0;
}

SEC("kprobe")
int enter_function(void *ctx) { return enter(skep_target()); }

SEC("kprobe")
int enter_functions(void *ctx) { return enter(skep_cookie(ctx)); }

SEC("kprobe")
int leave_function(void *ctx) { return leave(); }
