// SPDX-License-Identifier: GPL-2.0
// Stacks by their hash. A map of kind STACK_TRACE keeps one stack per bucket and refuses what collides, which is most of
// a busy profile; here a stack is lost only when the map is full, and that is counted. The id of a stack is its 64-bit
// hash, with the side of the epoch in its lowest bit: user space empties one side while programs fill the other.
//
// Where ids outlive an interval (a task sleeps over the end of one) SKEP_STACKS_STAY is defined: there is one map then,
// which forgets the stacks that were not seen for longest.
#ifndef SKEP_STACK_BPF_H
#define SKEP_STACK_BPF_H

#include "snapshot.bpf.h"

#define SKEP_STACK_DEPTH 127 /* kernel.perf_event_max_stack as it is shipped; deeper stacks lose their root */
#define SKEP_STACK_LOST 1    /* id of a stack that did not fit */

struct skep_stack {
	__u64 addresses[SKEP_STACK_DEPTH]; /* innermost first, the rest 0 */
};
SKEP_SCRATCH(skep_stack_buf, struct skep_stack);

#ifndef SKEP_STACKS
#define SKEP_STACKS 16384 /* distinct stacks of one interval; 1 kB each */
#endif

/* User space makes the maps as large as they are wanted, and hardly anything where no stack is. */
#ifdef SKEP_STACKS_STAY
SKEP_MAP(skep_stacks, LRU_HASH, __u64, struct skep_stack, SKEP_STACKS);
#define skep_stacks_0 skep_stacks
#define skep_stacks_1 skep_stacks
#define skep_stack_side() 0
#else
SKEP_MAP(skep_stacks_0, HASH, __u64, struct skep_stack, SKEP_STACKS);
SKEP_MAP(skep_stacks_1, HASH, __u64, struct skep_stack, SKEP_STACKS);
#define skep_stack_side() (skep_epoch & 1)
#endif

/*
 * Keep what the buffer of this CPU holds, `frames` of them and 0 from there on, and give its id. A function of its own
 * for the verifier, which then walks the loop once, not once for each way that leads to it.
 */
__attribute__((noinline)) __u64 skep_stack_keep(__u32 frames, __u32 side)
{
	struct skep_stack *stack = skep_scratch(skep_stack_buf);
	__u64 hash = 0xcbf29ce484222325;
	long error;

	if (!stack)
		return SKEP_STACK_LOST;
	for (__u32 i = 0; i < SKEP_STACK_DEPTH && i < frames; i++) {
		hash = (hash ^ stack->addresses[i]) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 29;
	}
	hash = (hash | 2) & ~1ULL;
	if (side) {
		hash |= 1;
		if (bpf_map_lookup_elem(&skep_stacks_1, &hash))
			return hash;
		error = bpf_map_update_elem(&skep_stacks_1, &hash, stack, BPF_ANY);
	} else {
		if (bpf_map_lookup_elem(&skep_stacks_0, &hash))
			return hash;
		error = bpf_map_update_elem(&skep_stacks_0, &hash, stack, BPF_ANY);
	}
	return error ? SKEP_STACK_LOST : hash;
}

/*
 * The id of the calling task's stack: of its kernel half, or with BPF_F_USER_STACK of its user half. 0 when there is
 * none. `stream` counts stacks that did not fit as cut: their rows are delivered. `depth`: most frames, a constant.
 */
#define skep_stack_to(stream, ctx, flags, depth)                                                                       \
	({                                                                                                             \
		__u64 __id = skep_stack_of(ctx, flags, depth);                                                         \
		if (__id == SKEP_STACK_LOST)                                                                           \
			skep_note_cut(stream);                                                                         \
		__id;                                                                                                  \
	})
#define skep_stack(stream, ctx, flags) skep_stack_to(stream, ctx, flags, SKEP_STACK_DEPTH)

/* The kernel fills what a stack leaves of the buffer with 0. */
static __always_inline __u64 skep_stack_of(void *ctx, __u64 flags, __u32 depth)
{
	struct skep_stack *stack = skep_scratch(skep_stack_buf);
	long bytes = stack ? bpf_get_stack(ctx, stack, depth * 8, flags) : 0;

	return bytes >= 8 ? skep_stack_keep((__u64)bytes / 8, skep_stack_side()) : 0;
}

#endif
