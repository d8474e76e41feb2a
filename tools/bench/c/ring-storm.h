// SPDX-License-Identifier: GPL-2.0
// The record of ring-storm.bpf.c: the members of opensnoop's. The consumer in C includes it too, with typedefs of its own.
#ifndef RING_STORM_H
#define RING_STORM_H

struct open_event {
	skep_ktime_t time;
	__u32 uid;
	__u32 pid;
	__u32 tid;
	skep_comm_t comm;
	__s32 fd;
	__u32 err;
	__u32 flags;
	__u32 mode;
	skep_path_t path[256]; // sent short: the record ends behind the NUL
};

#endif
