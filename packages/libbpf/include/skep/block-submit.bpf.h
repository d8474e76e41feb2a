// SPDX-License-Identifier: GPL-2.0
// Who asked for a block request, and when: the task that runs when the request is made, not the one that issues it
// (often a kernel worker) nor the one that runs when it completes (any). Buffered writes belong to the kernel's flusher.
//
// Programs of this header, one of each pair for an attach set of a tool: io_start_* or getrq_*, and merge_*. The
// tracepoint block_io_start exists since 5a80bd075f3b (Linux 6.5) and names the request; block_getrq exists in all,
// but not for requests without a bio (SG_IO, NVMe admin commands), and names the bio that the request will begin with.
#ifndef SKEP_BLOCK_SUBMIT_BPF_H
#define SKEP_BLOCK_SUBMIT_BPF_H

#include "block.bpf.h"

struct skep_submission {
	__u64 time; /* bpf_ktime_get_ns() */
	__u32 pid;
	__u32 reserved;
	char comm[16];
};

/* By address of the request, or of its first bio until somebody asks. 16384 requests of all disks at one time. */
SKEP_MAP(skep_submitters, HASH, __u64, struct skep_submission, 16384);

/* Requests of other tasks are not remembered. */
static __always_inline bool skep_submission_filtered(void)
{
	return opt_pid || opt_tid || opt_uid != SKEP_ALL || skep_cgroup_id;
}

static __always_inline struct skep_submission skep_submission_now(void)
{
	struct skep_submission now = { .time = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32 };

	bpf_get_current_comm(&now.comm, sizeof(now.comm));
	return now;
}

/*
 * The submission of `rq`, or NULL; found by a bio it is kept under the request from then on, since the bios are used up
 * as parts complete. Bios that were merged in front of the first one had no request of their own: look behind them.
 */
static __always_inline struct skep_submission *skep_submission(struct request *rq)
{
	__u64 key = (__u64)rq, bio;
	struct skep_submission *found = bpf_map_lookup_elem(&skep_submitters, &key);

	if (found)
		return found;
	bio = (__u64)BPF_CORE_READ(rq, bio);
	for (int i = 0; i < 4 && bio; i++) {
		found = bpf_map_lookup_elem(&skep_submitters, &bio);
		if (found) {
			bpf_map_update_elem(&skep_submitters, &key, found, BPF_ANY);
			bpf_map_delete_elem(&skep_submitters, &bio);
			return bpf_map_lookup_elem(&skep_submitters, &key);
		}
		bio = (__u64)BPF_CORE_READ((struct bio *)bio, bi_next);
	}
	return NULL;
}

static __always_inline int skep_submission_end(struct request *rq)
{
	__u64 key = (__u64)rq;

	skep_submission(rq);
	bpf_map_delete_elem(&skep_submitters, &key);
	return 0;
}

#define SKEP_SUBMISSION_PROGRAM(name, tracepoint, body)                                                                \
	SEC("tp_btf/" tracepoint) int name##_btf(__u64 *ctx) { return body; }                                          \
	SEC("raw_tp/" tracepoint) int name##_raw(__u64 *ctx) { return body; }

/* The programs; a submission that finds no room is a lost event of `stream`. */
#define SKEP_SUBMISSIONS(stream)                                                                                       \
	static __always_inline int skep_submitted(void *address)                                                       \
	{                                                                                                              \
		struct skep_submission now = skep_submission_now();                                                    \
		__u64 key = (__u64)address;                                                                            \
                                                                                                                       \
		if (skep_task_allowed())                                                                               \
			skep_remember(stream, skep_submitters, &key, &now);                                           \
		return 0;                                                                                              \
	}                                                                                                              \
	SKEP_SUBMISSION_PROGRAM(io_start, "block_io_start", skep_submitted((void *)ctx[0]))                            \
	SKEP_SUBMISSION_PROGRAM(getrq, "block_getrq", skep_submitted(skep_behind_queue(ctx, skep_args_block_getrq)))   \
	SKEP_SUBMISSION_PROGRAM(merge, "block_rq_merge",                                                               \
				skep_submission_end(skep_behind_queue(ctx, skep_args_block_rq_merge)))

#endif
