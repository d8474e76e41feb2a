// SPDX-License-Identifier: GPL-2.0
// Histogram of the time that tasks wait, ready to run, for a CPU.
#include <skep/probe.bpf.h>
#include <skep/runqueue.bpf.h>

const volatile bool opt_milliseconds = false; // buckets in ms, not us
const volatile bool opt_pids = false;         // apart by process
const volatile bool opt_tids = false;         // apart by thread
const volatile bool opt_pidnss = false;       // apart by PID namespace

SKEP_MAP(ready, HASH, __u32, __u64, 65536); // ns, by thread: those that wait for a CPU at one time

struct runqlat_key {
	__u32 pid SKEP_DOC("process");
	__u32 tid SKEP_DOC("thread");
	__u32 pidns SKEP_DOC("inode of the PID namespace");
};
struct runqlat_value {
	skep_hist_t latency;
};
SKEP_SNAPSHOT(latency, HASH, struct runqlat_key, struct runqlat_value, 10240); // threads seen in one interval

static __always_inline int on_ready(struct task_struct *task)
{
	__u32 tid = BPF_CORE_READ(task, pid);
	__u64 now = bpf_ktime_get_ns();

	/* 0 is the idle task of every CPU: it waits for nothing. */
	if (tid && skep_other_task_allowed(task))
		skep_remember(latency, ready, &tid, &now);
	return 0;
}

static __always_inline void on_run(struct task_struct *task)
{
	__u32 tid = BPF_CORE_READ(task, pid);
	__u64 *since = bpf_map_lookup_elem(&ready, &tid), delta;
	struct runqlat_key key = {};
	struct runqlat_value *value;

	if (!since)
		return;
	delta = bpf_ktime_get_ns() - *since;
	bpf_map_delete_elem(&ready, &tid);
	if ((__s64)delta < 0) /* the clock of another CPU may be ahead by less than a microsecond */
		delta = 0;
	if (opt_pids)
		key.pid = BPF_CORE_READ(task, tgid);
	if (opt_tids)
		key.tid = tid;
	if (opt_pidnss)
		key.pidns = skep_pid_namespace(task);
	value = skep_slot(latency, &key);
	if (value)
		skep_hist_add(&value->latency, delta / (opt_milliseconds ? 1000000 : 1000));
}

static __always_inline int on_switch(bool preempted, struct task_struct *prev, struct task_struct *next)
{
	__u32 tid = BPF_CORE_READ(prev, pid);

	if (skep_stays_runnable(preempted, prev))
		on_ready(prev);
	else /* woken while it ran: that was no wait */
		bpf_map_delete_elem(&ready, &tid);
	on_run(next);
	return 0;
}

SEC("tp_btf/sched_wakeup") int wakeup_btf(__u64 *ctx) { return on_ready((void *)ctx[0]); }
SEC("raw_tp/sched_wakeup") int wakeup_raw(__u64 *ctx) { return on_ready((void *)ctx[0]); }
SEC("tp_btf/sched_wakeup_new") int start_btf(__u64 *ctx) { return on_ready((void *)ctx[0]); }
SEC("raw_tp/sched_wakeup_new") int start_raw(__u64 *ctx) { return on_ready((void *)ctx[0]); }
SEC("tp_btf/sched_switch") int switch_btf(__u64 *ctx) { return on_switch(ctx[0], (void *)ctx[1], (void *)ctx[2]); }
SEC("raw_tp/sched_switch") int switch_raw(__u64 *ctx) { return on_switch(ctx[0], (void *)ctx[1], (void *)ctx[2]); }
