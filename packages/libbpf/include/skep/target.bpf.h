// SPDX-License-Identifier: GPL-2.0
// Programs that are attached to many places and must know which one they run for. Three ways, by what the kernel has: a
// cookie of the link (Linux 5.15), one link for many functions with a cookie for each (5.18, 6.6), or a copy of the
// program for each place with the number written into its instructions, which every kernel takes.
#ifndef SKEP_TARGET_BPF_H
#define SKEP_TARGET_BPF_H

#include "probe.bpf.h"

/* The number of the place, in a copy of the program: user space looks for this constant and replaces it. */
static __always_inline __u32 skep_target(void)
{
	__u64 target;

	asm volatile("%0 = 0x736b65702d746774 ll" : "=r"(target));
	return target;
}

/* The same in a program that is attached with cookies. */
#define skep_cookie(ctx) ((__u32)bpf_get_attach_cookie(ctx))

#endif
