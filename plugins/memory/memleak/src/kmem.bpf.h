// SPDX-License-Identifier: GPL-2.0
// Allocations of the kernel. Raw tracepoints, since programs on the classic ones are not run where another one was
// interrupted: most kernel memory is freed in interrupts, and what is missed there would look like a leak.
#ifndef MEMLEAK_KMEM_BPF_H
#define MEMLEAK_KMEM_BPF_H

#include "allocs.bpf.h"

#define PAGE_BYTES 4096ULL

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kmem_cache {
	unsigned int size;
};

/* Of the tracepoints before Linux 6.1; `accounted` and a cache among the arguments came with 347d2ca1f2bf (5.19). */
struct trace_event_raw_kmem_alloc {
	_Bool accounted;
};

/* One tracepoint with a node, and a cache in place of sizes, since 11e9734bcb6a (6.1). */
struct trace_event_raw_kmem_cache_alloc {
	int node;
};

/* `call_site` is the first argument since f67bed134a05 (5.19). */
struct trace_event_raw_percpu_alloc_percpu {
	unsigned long call_site;
};

#pragma clang attribute pop

/*
 * Argument `n`, a constant. The compiler would make one read of two in branches, at a place that is computed, which the
 * verifier does not take.
 */
#define ARGUMENT(ctx, n)                                                                                               \
	({                                                                                                             \
		__u64 __value;                                                                                         \
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(__value) : "r"(ctx), "i"(8 * (n)));                       \
		__value;                                                                                               \
	})

static __always_inline int on_kernel_alloc(void *ctx, enum memleak_allocator allocator, __u64 address, __u64 size)
{
	if (!address)
		return 0;
	drop_reused(allocator, address);
	if (!is_wanted(size))
		return 0;
	say(MEMLEAK_STEP_alloc_exited, allocator, size, address);
	keep_new(ctx, allocator, size, address);
	return 0;
}

static __always_inline int on_kernel_free(enum memleak_allocator allocator, __u64 address)
{
	struct memleak_alloc alloc = {};

	if (!address)
		return 0;
	if (drop(address, &alloc))
		say(MEMLEAK_STEP_free_entered, allocator, alloc.size, address);
	return 0;
}

/* The size with which it is accounted: call site, pointer, (cache,) bytes asked for, bytes taken. */
static __always_inline __u64 bytes_taken(__u64 *ctx)
{
	if (bpf_core_field_exists(struct trace_event_raw_kmem_alloc, accounted))
		return ARGUMENT(ctx, 4);
	return ARGUMENT(ctx, 3);
}

SEC("raw_tp/kmalloc")
int kmalloc(__u64 *ctx) { return on_kernel_alloc(ctx, MEMLEAK_kmalloc, ctx[1], bytes_taken(ctx)); }

SEC("raw_tp/kmalloc_node")
int kmalloc_node(__u64 *ctx) { return on_kernel_alloc(ctx, MEMLEAK_kmalloc, ctx[1], bytes_taken(ctx)); }

SEC("raw_tp/kmem_cache_alloc")
int kmem_cache_alloc(__u64 *ctx)
{
	struct kmem_cache *cache = (void *)ctx[2];
	__u64 size;

	if (bpf_core_type_exists(struct trace_event_raw_kmem_cache_alloc))
		size = BPF_CORE_READ(cache, size);
	else
		size = bytes_taken(ctx);
	return on_kernel_alloc(ctx, MEMLEAK_kmem_cache_alloc, ctx[1], size);
}

SEC("raw_tp/kmem_cache_alloc_node")
int kmem_cache_alloc_node(__u64 *ctx)
{
	return on_kernel_alloc(ctx, MEMLEAK_kmem_cache_alloc, ctx[1], bytes_taken(ctx));
}

SEC("raw_tp/kfree")
int kfree(__u64 *ctx) { return on_kernel_free(MEMLEAK_kmalloc, ctx[1]); }

SEC("raw_tp/kmem_cache_free")
int kmem_cache_free(__u64 *ctx) { return on_kernel_free(MEMLEAK_kmem_cache_alloc, ctx[1]); }

/* Known by the address of their struct page. */
SEC("raw_tp/mm_page_alloc")
int mm_page_alloc(__u64 *ctx) { return on_kernel_alloc(ctx, MEMLEAK_pages, ctx[0], PAGE_BYTES << (__u32)ctx[1]); }

SEC("raw_tp/mm_page_free")
int mm_page_free(__u64 *ctx) { return on_kernel_free(MEMLEAK_pages, ctx[0]); }

/* (call site,) reserved, atomic, size, align, base, offset, pointer */
SEC("raw_tp/percpu_alloc_percpu")
int percpu_alloc(__u64 *ctx)
{
	__u64 address, size;

	if (bpf_core_field_exists(struct trace_event_raw_percpu_alloc_percpu, call_site)) {
		address = ARGUMENT(ctx, 7);
		size = ARGUMENT(ctx, 3);
	} else {
		address = ARGUMENT(ctx, 6);
		size = ARGUMENT(ctx, 2);
	}
	return on_kernel_alloc(ctx, MEMLEAK_percpu, address, size);
}

SEC("raw_tp/percpu_free_percpu")
int percpu_free(__u64 *ctx) { return on_kernel_free(MEMLEAK_percpu, ctx[2]); }

#endif
