// SPDX-License-Identifier: GPL-2.0
// The record of ring-storm.bpf.c, for the C consumer beside it: what an opensnoop tells, 296 bytes.
#ifndef RING_STORM_H
#define RING_STORM_H

enum { COMM_BYTES = 16, PATH_BYTES = 256 };

struct open_event {
	__u64 time;
	__u32 pid;
	__u32 uid;
	__s32 ret;
	__u32 flags;
	char comm[COMM_BYTES];
	char path[PATH_BYTES];
};

#endif
