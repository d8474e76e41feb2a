// SPDX-License-Identifier: GPL-2.0
// Block requests by the process that submitted them, disk and direction: how many, how much, how long.
#include <skep/probe.bpf.h>
#include <skep/block-submit.bpf.h>

struct biotop_issue {
	__u64 time;
	__u64 bytes; /* at completion the request may have none left */
};
SKEP_MAP(issued, HASH, __u64, struct biotop_issue, 16384); // by request: those that devices hold at one time

enum biotop_direction { BIOTOP_R, BIOTOP_W, BIOTOP_D, BIOTOP_F, BIOTOP_N };

struct biotop_key {
	__u32 pid SKEP_DOC("process that submitted the requests, 0 when it was not seen");
	skep_comm_t comm SKEP_DOC("its name then");
	enum biotop_direction direction SKEP_DOC("R read, W write, D discard, F flush, N none of these");
	__u32 major SKEP_DOC("major number of the disk");
	__u32 minor SKEP_DOC("first minor of the disk");
	skep_text_t disk[32] SKEP_DOC("empty for a request without a disk");
};
struct biotop_value {
	__u64 io_count SKEP_DOC("requests that completed");
	__u64 bytes SKEP_DOC("sizes of the requests together");
	skep_duration_ns_t total_latency_ns SKEP_DOC("issue to completion, all requests together");
};
SKEP_SNAPSHOT(counts, HASH, struct biotop_key, struct biotop_value, 10240); // processes times disks in one interval
SKEP_SUBMISSIONS(counts)

static __always_inline int issue(struct request *rq)
{
	struct biotop_issue start = { .time = bpf_ktime_get_ns(), .bytes = BPF_CORE_READ(rq, __data_len) };
	__u64 key = (__u64)rq;

	if (skep_submission(rq) || !skep_submission_filtered())
		skep_remember(counts, issued, &key, &start);
	return 0;
}

/* Low 8 bits of cmd_flags: 5 is secure erase; 7 a write of the same block before Linux 5.18, then an append to a zone. */
static __always_inline enum biotop_direction direction(__u8 op)
{
	return op == 0		    ? BIOTOP_R
	       : op == 1 || op == 7 ? BIOTOP_W
	       : op == 3 || op == 5 ? BIOTOP_D
	       : op == 2	    ? BIOTOP_F
				    : BIOTOP_N;
}

static __always_inline void count(struct request *rq, struct biotop_issue *start, __u64 latency)
{
	struct skep_submission *by = skep_submission(rq);
	struct gendisk *disk = skep_request_disk(rq);
	struct biotop_key key = {
		.direction = direction(BPF_CORE_READ(rq, cmd_flags)),
		.major = BPF_CORE_READ(disk, major),
		.minor = BPF_CORE_READ(disk, first_minor),
	};
	struct biotop_value *value;

	BPF_CORE_READ_STR_INTO(&key.disk, disk, disk_name);
	if (by) {
		key.pid = by->pid;
		__builtin_memcpy(key.comm, by->comm, sizeof(key.comm));
	}
	value = skep_slot(counts, &key);
	if (!value)
		return;
	skep_add(&value->io_count, 1);
	skep_add(&value->bytes, start->bytes);
	skep_add(&value->total_latency_ns, latency);
}

static __always_inline int complete(struct request *rq, __u32 bytes)
{
	__u64 key = (__u64)rq;
	struct biotop_issue *start = bpf_map_lookup_elem(&issued, &key);

	if (!skep_request_ends(rq, bytes))
		return 0;
	if (start) {
		__u64 latency = bpf_ktime_get_ns() - start->time;

		if ((__s64)latency >= 0)
			count(rq, start, latency);
		bpf_map_delete_elem(&issued, &key);
	}
	return skep_submission_end(rq);
}

SEC("tp_btf/block_rq_issue") int issue_btf(__u64 *ctx) { return issue(skep_issued(ctx)); }
SEC("raw_tp/block_rq_issue") int issue_raw(__u64 *ctx) { return issue(skep_issued(ctx)); }
SEC("tp_btf/block_rq_complete") int complete_btf(__u64 *ctx) { return complete((void *)ctx[0], ctx[2]); }
SEC("raw_tp/block_rq_complete") int complete_raw(__u64 *ctx) { return complete((void *)ctx[0], ctx[2]); }
