// SPDX-License-Identifier: GPL-2.0
// Counts calls by the number of the place they came by; user space knows the names of the places.
#include <skep/target.bpf.h>

const volatile __u32 opt_cpu = SKEP_ALL; // option `cpu`

/* One entry for each place: user space sets the size. */
SKEP_MAP(counts, PERCPU_ARRAY, __u32, __u64, 1);

static __always_inline int count(__u32 target)
{
	__u64 *calls;

	if (opt_cpu != SKEP_ALL && bpf_get_smp_processor_id() != opt_cpu)
		return 0;
	if (!skep_pid_allowed(bpf_get_current_pid_tgid() >> 32))
		return 0;
	calls = bpf_map_lookup_elem(&counts, &target);
	if (calls)
		skep_add(calls, 1);
	return 0;
}

SEC("kprobe")
int count_function(void *ctx) { return count(skep_target()); }

SEC("kprobe")
int count_functions(void *ctx) { return count(skep_cookie(ctx)); }

SEC("tracepoint")
int count_event(void *ctx) { return count(skep_target()); }
