// SPDX-License-Identifier: GPL-2.0
// Contexts of classic tracepoints: include/linux/trace_events.h. Fields of these have kept their places since 4.7.
#ifndef SKEP_KERNEL_TRACE_H
#define SKEP_KERNEL_TRACE_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct trace_entry {
	unsigned short type;
	unsigned char flags;
	unsigned char preempt_count;
	int pid;
};

/* syscalls:sys_enter_* */
struct trace_event_raw_sys_enter {
	struct trace_entry ent;
	long id;
	unsigned long args[6];
};

/* syscalls:sys_exit_* */
struct trace_event_raw_sys_exit {
	struct trace_entry ent;
	long id;
	long ret;
};

/* irq:softirq_entry, softirq_exit, softirq_raise */
struct trace_event_raw_softirq {
	struct trace_entry ent;
	unsigned int vec;
};

#pragma clang attribute pop

#endif
