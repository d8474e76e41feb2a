// SPDX-License-Identifier: GPL-2.0
// Stacks by their hash. A map of kind STACK_TRACE keeps one stack per bucket and refuses what collides, which is most of
// a busy profile; here a stack is lost only when the map is full, and that is counted. The id of a stack is its 64-bit
// hash, with the side of the epoch in its lowest bit: user space empties one side while programs fill the other.
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

/* User space makes both maps as large as they are wanted, and hardly anything where no stack is. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SKEP_STACKS);
	__type(key, __u64);
	__type(value, struct skep_stack);
} skep_stacks_0 SEC(".maps"), skep_stacks_1 SEC(".maps");

/*
 * Keep what the buffer of this CPU holds, `frames` of them, and give its id. A function of its own for the verifier,
 * which then walks the loop once, not once for each way that leads to it.
 */
__attribute__((noinline)) __u64 skep_stack_keep(__u32 frames, __u32 side)
{
	struct skep_stack *stack = skep_scratch(skep_stack_buf);
	__u64 hash = 0xcbf29ce484222325;
	long error;

	if (!stack)
		return SKEP_STACK_LOST;
	for (__u32 i = 0; i < SKEP_STACK_DEPTH; i++) {
		if (i < frames) {
			hash = (hash ^ stack->addresses[i]) * 0x9e3779b97f4a7c15;
			hash ^= hash >> 29;
		} else {
			stack->addresses[i] = 0;
		}
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
 * The id of a stack that was taken earlier, of `frames` frames, among those of now: a stack belongs to the interval whose
 * rows name it, and a task may sleep over the end of one.
 */
static __always_inline __u64 skep_stack_again(const struct skep_stack *taken, __u32 frames)
{
	struct skep_stack *stack = skep_scratch(skep_stack_buf);

	if (!frames || !stack)
		return 0;
	bpf_probe_read_kernel(stack, sizeof(*stack), taken);
	return skep_stack_keep(frames, skep_epoch & 1);
}

/*
 * The id of the calling task's stack: of its kernel half, or with BPF_F_USER_STACK of its user half. 0 when there is
 * none. `stream` counts stacks that did not fit as cut: their rows are delivered.
 */
#define skep_stack(stream, ctx, flags)                                                                                 \
	({                                                                                                             \
		__u64 __id = skep_stack_of(ctx, flags);                                                                \
		if (__id == SKEP_STACK_LOST)                                                                           \
			skep_note_cut(stream);                                                                         \
		__id;                                                                                                  \
	})

static __always_inline __u64 skep_stack_of(void *ctx, __u64 flags)
{
	struct skep_stack *stack = skep_scratch(skep_stack_buf);
	long bytes = stack ? bpf_get_stack(ctx, stack, sizeof(*stack), flags) : 0;

	return bytes >= 8 ? skep_stack_keep((__u64)bytes / 8, skep_epoch & 1) : 0;
}

#endif
