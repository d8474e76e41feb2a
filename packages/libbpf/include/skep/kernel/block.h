// SPDX-License-Identifier: GPL-2.0
// Block requests and disks: include/linux/blk-mq.h (blkdev.h before 5.16), blkdev.h (genhd.h before 5.18), blk_types.h.
#ifndef SKEP_KERNEL_BLOCK_H
#define SKEP_KERNEL_BLOCK_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct gendisk {
	int major;
	int first_minor;
	char disk_name[32];
};

struct request_queue {
	struct gendisk *disk; /* since 5.15, see skep_request_disk() */
};

struct bio {
	struct bio *bi_next;
};

struct request {
	struct request_queue *q;
	unsigned int cmd_flags; /* operation in the low 8 bits: enum req_op */
	unsigned int __data_len;
	struct bio *bio;
};

struct request___before_5_17 {
	struct gendisk *rq_disk;
};

#pragma clang attribute pop

#endif
