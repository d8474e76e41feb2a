// SPDX-License-Identifier: GPL-2.0
// Block requests: their disk, their submitter, and where tracepoints pass them.
//
// A request is known by its address. Addresses belong to tags and are used again, so what is remembered under one is
// overwritten by the next request, and must be deleted by the tracepoint that ends it: the block_rq_complete for which
// skep_request_ends() holds, or block_rq_merge, after which another request carries its data.
// A write with PREFLUSH and no data completes without ever being issued: a complete with nothing remembered is normal.
#ifndef SKEP_BLOCK_BPF_H
#define SKEP_BLOCK_BPF_H

#include "kernel/block.h"

/*
 * Arguments that tracepoints have on this kernel, set by user space from the kernel's BTF: a54895fa057c (Linux 5.11,
 * 5.10.137) and e8a676d61c07 (5.11) took away the queue that stood before the request or bio.
 */
const volatile __u8 skep_args_block_rq_issue = 1;
const volatile __u8 skep_args_block_rq_merge = 1;
const volatile __u8 skep_args_block_getrq = 1;

/* The barrier keeps the two reads apart: the verifier wants each at a constant place. */
#define skep_behind_queue(ctx, args)                                                                                   \
	({                                                                                                             \
		void *__arg = (void *)(ctx)[0];                                                                        \
		if ((args) > 1) {                                                                                      \
			__arg = (void *)(ctx)[1];                                                                      \
			barrier_var(__arg);                                                                            \
		}                                                                                                      \
		__arg;                                                                                                 \
	})

#define skep_issued(ctx) ((struct request *)skep_behind_queue(ctx, skep_args_block_rq_issue))

/* request.rq_disk went with f3fa33acca9f (Linux 5.17); request_queue.disk came with d152c682f03c (5.15). */
static __always_inline struct gendisk *skep_request_disk(struct request *rq)
{
	struct request___before_5_17 *old = (void *)rq;

	if (bpf_core_field_exists(old->rq_disk))
		return BPF_CORE_READ(old, rq_disk);
	return BPF_CORE_READ(rq, q, disk);
}

/* A request may complete in parts; at the last one no more is left than that part. */
static __always_inline bool skep_request_ends(struct request *rq, __u32 bytes)
{
	return bytes >= BPF_CORE_READ(rq, __data_len);
}

const volatile __u32 skep_disk = 0; // option of kind `disk`: major << 20 | first minor; 0: all

static __always_inline bool skep_disk_allowed(struct gendisk *disk)
{
	return !skep_disk ||
	       skep_disk == ((__u32)BPF_CORE_READ(disk, major) << 20 | (__u32)BPF_CORE_READ(disk, first_minor));
}

#endif
