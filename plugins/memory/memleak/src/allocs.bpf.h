// SPDX-License-Identifier: GPL-2.0
// The allocations that are outstanding, and what is said of each as it comes and goes.
#ifndef MEMLEAK_ALLOCS_BPF_H
#define MEMLEAK_ALLOCS_BPF_H

const volatile bool opt_trace = false;
const volatile bool opt_combined_only = false;
const volatile bool opt_wa_missing_free = false;
const volatile __u32 opt_sample_rate = 1;
const volatile __u64 opt_min_size = 0;
const volatile __u64 opt_max_size = (__u64)-1;
const volatile bool in_kernel = false; // kernel mode: the others have one process

/* Of the allocations counted up to now; user space adds one when the process becomes another program: execve(2). */
volatile __u32 generation;

enum memleak_allocator {
	MEMLEAK_malloc,
	MEMLEAK_calloc,
	MEMLEAK_realloc,
	MEMLEAK_posix_memalign,
	MEMLEAK_memalign,
	MEMLEAK_aligned_alloc,
	MEMLEAK_valloc,
	MEMLEAK_pvalloc,
	MEMLEAK_mmap,
	MEMLEAK_mremap,
	MEMLEAK_munmap,
	MEMLEAK_free,
	MEMLEAK_kmalloc,
	MEMLEAK_kmem_cache_alloc,
	MEMLEAK_pages,
	MEMLEAK_percpu,
};

struct memleak_alloc {
	__u64 size;
	__u64 time; /* bpf_ktime_get_ns() */
	__u64 stack;
	__u32 allocator;
	__u32 generation;
};
/* By address: all that is outstanding at one time. Preallocated, since programs run inside allocators. */
SKEP_MAP(allocs, HASH, __u64, struct memleak_alloc, 262144);

/* Totals, for combined_only: user space then reads these alone, not each allocation. */
struct memleak_group {
	__u64 stack;
	__u32 allocator;
	__u32 generation;
};
struct memleak_total {
	__u64 bytes;
	__u64 count;
};
SKEP_MAP(combined, HASH, struct memleak_group, struct memleak_total, SKEP_STACKS); // groups that have allocations

/* Allocations that were to be kept, and those that found no room. */
SKEP_COUNTS(outstanding);

enum memleak_step { MEMLEAK_STEP_alloc_entered, MEMLEAK_STEP_alloc_exited, MEMLEAK_STEP_free_entered };

struct memleak_event {
	skep_ktime_t time;
	enum memleak_step event SKEP_DOC("alloc_exited has the result; of the kernel there is no alloc_entered");
	enum memleak_allocator allocator SKEP_DOC("function");
	__u64 size SKEP_DOC("bytes asked for");
	__u64 address SKEP_DOC("what is freed, or the result of an allocation, 0 when it failed");
	__u32 pid SKEP_DOC("process");
	__u32 tid SKEP_DOC("thread");
	__u32 cpu SKEP_DOC("processor");
	skep_comm_t comm;
};
SKEP_RING(events, struct memleak_event, 1024 * 1024);

static __always_inline void say(enum memleak_step event, enum memleak_allocator allocator, __u64 size, __u64 address)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct memleak_event *e;

	if (!opt_trace)
		return;
	e = skep_reserve(events);
	if (!e)
		return;
	e->time = bpf_ktime_get_boot_ns();
	e->event = event;
	e->allocator = allocator;
	e->size = size;
	e->address = address;
	e->pid = id >> 32;
	e->tid = id;
	e->cpu = bpf_get_smp_processor_id();
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
	skep_submit(events, e);
}

SKEP_SCRATCH(stack_busy, __u64);

/*
 * The stack of an allocation. The buffer that it is walked into is one for a CPU: what interrupts this very walk (an
 * interrupt that allocates, another thread) is counted without its stack.
 */
static __always_inline __u64 stack_of_alloc(void *ctx)
{
	__u64 *busy = skep_scratch(stack_busy), id;

	if (!busy || *busy) {
		skep_note_cut(outstanding);
		return SKEP_STACK_LOST;
	}
	skep_add(busy, 1);
	id = skep_stack_to(outstanding, ctx, in_kernel ? 0 : BPF_F_USER_STACK, SKEP_STACK_DEPTH);
	skep_add(busy, -1);
	return id;
}

static __always_inline struct memleak_group group_of(const struct memleak_alloc *alloc)
{
	struct memleak_group group = {
		.stack = alloc->stack, .allocator = alloc->allocator, .generation = alloc->generation
	};
	return group;
}

/* `sign`: 1 adds it to the totals, -1 takes it out. False when there is no room for its stack. */
static __always_inline bool add_to_totals(const struct memleak_alloc *alloc, __s64 sign)
{
	struct memleak_group group = group_of(alloc);
	struct memleak_total zero = {}, *total = bpf_map_lookup_elem(&combined, &group);

	if (!total && sign > 0) {
		bpf_map_update_elem(&combined, &group, &zero, BPF_NOEXIST);
		total = bpf_map_lookup_elem(&combined, &group);
	}
	if (!total)
		return false;
	skep_add(&total->bytes, sign * alloc->size);
	skep_add(&total->count, sign);
	return true;
}

/* Forget the allocation at `address`; false when it is not known: made before the tracing, or left out by a filter. */
static __always_inline bool drop(__u64 address, struct memleak_alloc *copy)
{
	struct memleak_alloc *alloc = bpf_map_lookup_elem(&allocs, &address);

	if (!alloc)
		return false;
	*copy = *alloc;
	if (bpf_map_delete_elem(&allocs, &address))
		return false; /* another CPU was first */
	if (opt_combined_only)
		add_to_totals(copy, -1);
	return copy->generation == generation;
}

/* Keep an allocation that was made; `is_new`: not one that is put back. */
static __always_inline void keep(__u64 address, struct memleak_alloc *alloc, bool is_new)
{
	struct skep_counts *counts = skep_counts_of(skep_counts_outstanding);
	bool is_kept = true;

	if (opt_combined_only)
		is_kept = add_to_totals(alloc, 1);
	if (is_kept && bpf_map_update_elem(&allocs, &address, alloc, BPF_ANY)) {
		is_kept = false;
		if (opt_combined_only)
			add_to_totals(alloc, -1);
	}
	if (is_new)
		skep_add(&counts->attempted, 1);
	if (!is_kept)
		skep_add(&counts->map_full, 1);
}

static __always_inline bool is_wanted(__u64 size)
{
	if (size < opt_min_size || size > opt_max_size)
		return false;
	return opt_sample_rate <= 1 || bpf_get_prandom_u32() % opt_sample_rate == 0;
}

/* An address that is given out is free: had its last allocation not been seen to be freed, it would count for ever. */
static __always_inline void drop_reused(enum memleak_allocator allocator, __u64 address)
{
	struct memleak_alloc old;

	if (in_kernel && !opt_wa_missing_free)
		return;
	if (drop(address, &old) && in_kernel)
		say(MEMLEAK_STEP_free_entered, allocator, old.size, address);
}

static __always_inline void keep_new(void *ctx, enum memleak_allocator allocator, __u64 size, __u64 address)
{
	struct memleak_alloc alloc = { .size = size, .allocator = allocator, .generation = generation };

	alloc.time = bpf_ktime_get_ns();
	alloc.stack = stack_of_alloc(ctx);
	keep(address, &alloc, true);
}

#endif
