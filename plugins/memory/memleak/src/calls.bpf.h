// SPDX-License-Identifier: GPL-2.0
// Allocations of a process: probes on the functions of its allocator, and on their return.
#ifndef MEMLEAK_CALLS_BPF_H
#define MEMLEAK_CALLS_BPF_H

#include "allocs.bpf.h"

/* The stack pointer after the return of the function that is being entered. */
#if defined(__TARGET_ARCH_x86)
#define RETURN_ADDRESS_BYTES 8
#else
#define RETURN_ADDRESS_BYTES 0
#endif

/* An outermost call of the allocator that a thread is in. */
struct memleak_call {
	__u64 returns_at; /* stack pointer */
	__u64 size;
	__u64 result_at; /* posix_memalign: where the address will be */
	__u64 old;       /* realloc, mremap, munmap: the address given */
	struct memleak_alloc removed; /* what was known of it: put back when the call fails */
	__u32 allocator;
	__u32 generation;
	bool is_wanted;
	bool has_removed;
	__u8 reserved[6];
};
SKEP_MAP(calls, HASH, __u32, struct memleak_call, 16384); // by thread: threads inside the allocator at one time

static __always_inline int on_call(struct pt_regs *ctx, enum memleak_allocator allocator, __u64 size, __u64 old,
				   __u64 result_at)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u64 sp = PT_REGS_SP(ctx) + RETURN_ADDRESS_BYTES;
	__u32 tid = id;
	struct memleak_call *outer, call = {};

	if (!skep_pid_allowed(id >> 32))
		return 0;
	/* One that the thread has left by longjmp(3) lies below what it calls now; one of a program before, anywhere. */
	outer = bpf_map_lookup_elem(&calls, &tid);
	if (outer && outer->generation == generation && sp < outer->returns_at)
		return 0;
	call.returns_at = sp;
	call.size = size;
	call.result_at = result_at;
	call.old = old;
	call.allocator = allocator;
	call.generation = generation;
	call.is_wanted = allocator != MEMLEAK_munmap && is_wanted(size);
	/* Before the call: once it has freed the block, another thread may be given the address. */
	if (old)
		call.has_removed = drop(old, &call.removed);
	if (call.is_wanted)
		say(MEMLEAK_STEP_alloc_entered, allocator, size, 0);
	if (bpf_map_update_elem(&calls, &tid, &call, BPF_ANY) && (call.is_wanted || call.has_removed)) {
		struct skep_counts *counts = skep_counts_of(skep_counts_outstanding);

		skep_add(&counts->attempted, call.is_wanted);
		skep_add(&counts->map_full, 1);
	}
	return 0;
}

static __always_inline bool has_failed(const struct memleak_call *call, __u64 result)
{
	switch (call->allocator) {
	case MEMLEAK_mmap:
	case MEMLEAK_mremap:
		return result == (__u64)-1; /* MAP_FAILED */
	case MEMLEAK_posix_memalign:
	case MEMLEAK_munmap:
		return (__u32)result != 0;
	case MEMLEAK_realloc:
		/* realloc(p, 0) frees, and may return NULL. */
		return !result && !(call->old && !call->size);
	default:
		return !result;
	}
}

/* munmap(2) of the first pages of a mapping leaves the others. */
static __always_inline void keep_rest(struct memleak_call *call)
{
	__u64 bytes = (call->size + 4095) & ~4095ULL;

	if (!call->has_removed || bytes >= call->removed.size)
		return;
	call->removed.size -= bytes;
	keep(call->old + bytes, &call->removed, false);
}

static __always_inline void on_result(struct pt_regs *ctx, struct memleak_call *call)
{
	__u64 address = PT_REGS_RC(ctx);

	if (has_failed(call, address)) {
		if (call->has_removed)
			keep(call->old, &call->removed, false);
		if (call->is_wanted)
			say(MEMLEAK_STEP_alloc_exited, call->allocator, call->size, 0);
		return;
	}
	if (call->has_removed)
		say(MEMLEAK_STEP_free_entered, call->allocator, call->removed.size, call->old);
	if (call->allocator == MEMLEAK_munmap) {
		keep_rest(call);
		return;
	}
	if (call->allocator == MEMLEAK_posix_memalign) {
		address = 0;
		bpf_probe_read_user(&address, sizeof(address), (void *)call->result_at);
	}
	if (call->is_wanted)
		say(MEMLEAK_STEP_alloc_exited, call->allocator, call->size, address);
	if (!address)
		return; /* realloc(p, 0) */
	drop_reused(call->allocator, address);
	if (call->is_wanted)
		keep_new(ctx, call->allocator, call->size, address);
}

SEC("uretprobe")
int returned(struct pt_regs *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct memleak_call *outer, call;

	outer = bpf_map_lookup_elem(&calls, &tid);
	/* A call inside another returns further down. */
	if (!outer || PT_REGS_SP(ctx) < outer->returns_at)
		return 0;
	call = *outer;
	bpf_map_delete_elem(&calls, &tid);
	if (call.generation == generation && PT_REGS_SP(ctx) == call.returns_at)
		on_result(ctx, &call);
	return 0;
}

static __always_inline int on_free(__u64 address)
{
	struct memleak_alloc alloc = {};

	if (!address || !skep_pid_allowed(bpf_get_current_pid_tgid() >> 32))
		return 0;
	if (drop(address, &alloc))
		say(MEMLEAK_STEP_free_entered, MEMLEAK_free, alloc.size, address);
	return 0;
}

#define SIZED(function, size)                                                                                          \
	SEC("uprobe")                                                                                                  \
	int function##_entered(struct pt_regs *ctx) { return on_call(ctx, MEMLEAK_##function, size, 0, 0); }

SIZED(malloc, PT_REGS_PARM1(ctx))
SIZED(calloc, PT_REGS_PARM1(ctx) * PT_REGS_PARM2(ctx)) /* one that overflows fails */
SIZED(memalign, PT_REGS_PARM2(ctx))
SIZED(aligned_alloc, PT_REGS_PARM2(ctx))
SIZED(valloc, PT_REGS_PARM1(ctx))
SIZED(pvalloc, PT_REGS_PARM1(ctx))
SIZED(mmap, PT_REGS_PARM2(ctx))

SEC("uprobe")
int posix_memalign_entered(struct pt_regs *ctx)
{
	return on_call(ctx, MEMLEAK_posix_memalign, PT_REGS_PARM3(ctx), 0, PT_REGS_PARM1(ctx));
}

SEC("uprobe")
int realloc_entered(struct pt_regs *ctx)
{
	return on_call(ctx, MEMLEAK_realloc, PT_REGS_PARM2(ctx), PT_REGS_PARM1(ctx), 0);
}

/* With an old size of 0 the old mapping stays: mremap(2). */
SEC("uprobe")
int mremap_entered(struct pt_regs *ctx)
{
	__u64 old = PT_REGS_PARM2(ctx) ? PT_REGS_PARM1(ctx) : 0;

	return on_call(ctx, MEMLEAK_mremap, PT_REGS_PARM3(ctx), old, 0);
}

SEC("uprobe")
int munmap_entered(struct pt_regs *ctx)
{
	return on_call(ctx, MEMLEAK_munmap, PT_REGS_PARM2(ctx), PT_REGS_PARM1(ctx), 0);
}

SEC("uprobe")
int free_entered(struct pt_regs *ctx) { return on_free(PT_REGS_PARM1(ctx)); }

/* The memory of a process goes when it becomes another program. */
SEC("raw_tp/sched_process_exec")
int became_other(void *ctx)
{
	if (skep_pid_allowed(bpf_get_current_pid_tgid() >> 32))
		generation++;
	return 0;
}

#endif
