// SPDX-License-Identifier: GPL-2.0
// Software interrupts by vector: how many ran, how long in all, the longest, and a histogram.
#include <skep/probe.bpf.h>
#include <skep/kernel/trace.h>

const volatile bool opt_events = false;      // option `events`: count at the entry and look at no clock
const volatile bool opt_nanoseconds = false; // option `nanoseconds`: the unit of the histogram
const volatile __s32 opt_cpu = -1;           // option `cpu`; -1: all

/* include/linux/interrupt.h */
enum softirqs_vec {
	VEC_hi,
	VEC_timer,
	VEC_net_tx,
	VEC_net_rx,
	VEC_block,
	VEC_irq_poll,
	VEC_tasklet,
	VEC_sched,
	VEC_hrtimer,
	VEC_rcu,
};
#define VECTORS (VEC_rcu + 1)

struct softirqs_key {
	enum softirqs_vec vec_name SKEP_DOC("vector, in the kernel's words");
};

struct softirqs_total {
	__u64 count SKEP_DOC("handlers that ran");
	__u64 total_ns SKEP_DOC("time in them, hard interrupts on top included; 0 with events");
	skep_max_t max_ns SKEP_DOC("the longest one; 0 with events");
	skep_hist_t dist;
};
SKEP_SNAPSHOT(totals, PERCPU_ARRAY, struct softirqs_key, struct softirqs_total, VECTORS);
SKEP_MAP(started, PERCPU_ARRAY, __u32, __u64, VECTORS); // a CPU runs a vector once at a time; 0: not running

static __always_inline int on_entry(__u32 vec)
{
	struct softirqs_total *total;
	__u64 *start;

	if (opt_cpu >= 0 && bpf_get_smp_processor_id() != (__u32)opt_cpu)
		return 0;
	if (opt_events) {
		total = skep_slot(totals, &vec);
		if (total)
			total->count++;
		return 0;
	}
	start = bpf_map_lookup_elem(&started, &vec);
	if (start)
		*start = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int on_exit(__u32 vec)
{
	__u64 *start = bpf_map_lookup_elem(&started, &vec), ns;
	struct softirqs_total *total;

	if (!start || !*start)
		return 0; /* began before tracing, or on a CPU nobody asked for */
	ns = bpf_ktime_get_ns() - *start;
	*start = 0;
	total = skep_slot(totals, &vec);
	if (!total)
		return 0;
	total->count++;
	total->total_ns += ns;
	if (ns > total->max_ns)
		total->max_ns = ns;
	skep_hist_add(&total->dist, opt_nanoseconds ? ns : ns / 1000);
	return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(entry_btf, unsigned int vec) { return on_entry(vec); }

SEC("tp_btf/softirq_exit")
int BPF_PROG(exit_btf, unsigned int vec) { return on_exit(vec); }

SEC("tracepoint/irq/softirq_entry")
int entry_tp(struct trace_event_raw_softirq *ctx) { return on_entry(ctx->vec); }

SEC("tracepoint/irq/softirq_exit")
int exit_tp(struct trace_event_raw_softirq *ctx) { return on_exit(ctx->vec); }
