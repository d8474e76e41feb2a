// SPDX-License-Identifier: GPL-2.0
// Histogram of the time that block requests take, from issue to the device (or from their submission) to completion.
#include <skep/probe.bpf.h>
#include <skep/block-submit.bpf.h>

const volatile bool opt_queued = false;       // from submission
const volatile bool opt_milliseconds = false; // buckets in ms, not us
const volatile bool opt_disks = false;        // apart by disk
const volatile bool opt_flags = false;        // apart by flags

SKEP_MAP(issued, HASH, __u64, __u64, 16384); // ns, by address of the request: those that devices hold at one time

struct biolatency_key {
	skep_text_t disk[32] SKEP_DOC("empty for a request without a disk");
	skep_block_flags_t flags SKEP_DOC("operation of the request, behind its flags");
};
struct biolatency_value {
	skep_hist_t latency;
	__u64 total SKEP_DOC("sum of the latencies, in units of the histogram");
	__u64 total_count SKEP_DOC("requests that completed");
};
SKEP_SNAPSHOT(latency, HASH, struct biolatency_key, struct biolatency_value, 1024); // disks times sets of flags
SKEP_SUBMISSIONS(latency)

static __always_inline int issue(struct request *rq)
{
	__u64 key = (__u64)rq, now = bpf_ktime_get_ns();

	if ((opt_queued || skep_submission_filtered()) && !skep_submission(rq))
		return 0;
	skep_remember(latency, issued, &key, &now);
	return 0;
}

static __always_inline int complete(struct request *rq, __u32 bytes)
{
	__u64 key = (__u64)rq, *start = bpf_map_lookup_elem(&issued, &key), delta;
	struct gendisk *disk = skep_request_disk(rq);
	struct biolatency_key group = {};
	struct biolatency_value *value;

	if (!skep_request_ends(rq, bytes))
		return 0;
	if (opt_queued) {
		struct skep_submission *submission = skep_submission(rq);

		start = submission ? &submission->time : NULL;
	}
	delta = start ? bpf_ktime_get_ns() - *start : -1;
	bpf_map_delete_elem(&issued, &key);
	if (opt_queued || skep_submission_filtered())
		skep_submission_end(rq);
	if ((__s64)delta < 0 || !skep_disk_allowed(disk))
		return 0;
	if (opt_disks)
		BPF_CORE_READ_STR_INTO(&group.disk, disk, disk_name);
	if (opt_flags)
		group.flags = BPF_CORE_READ(rq, cmd_flags);
	value = skep_slot(latency, &group);
	if (!value)
		return 0;
	delta /= opt_milliseconds ? 1000000 : 1000;
	skep_hist_add(&value->latency, delta);
	skep_add(&value->total, delta);
	skep_add(&value->total_count, 1);
	return 0;
}

SEC("tp_btf/block_rq_issue") int issue_btf(__u64 *ctx) { return issue(skep_issued(ctx)); }
SEC("raw_tp/block_rq_issue") int issue_raw(__u64 *ctx) { return issue(skep_issued(ctx)); }
SEC("tp_btf/block_rq_complete") int complete_btf(__u64 *ctx) { return complete((void *)ctx[0], ctx[2]); }
SEC("raw_tp/block_rq_complete") int complete_raw(__u64 *ctx) { return complete((void *)ctx[0], ctx[2]); }
