// SPDX-License-Identifier: GPL-2.0
// Base types, and the typedefs that give a column its meaning. A plugin's record struct is its schema: the name of a
// member is the name of the column, its typedef says what the value is, SKEP_DOC documents it.
#ifndef SKEP_TYPES_BPF_H
#define SKEP_TYPES_BPF_H

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef _Bool bool;
enum { false = 0, true = 1 };

#define NULL ((void *)0)

/* One sentence about a member; emitted as a BTF declaration tag (clang 14). */
#define SKEP_DOC(text) __attribute__((btf_decl_tag("doc:" text)))

typedef __u64 skep_ktime_t;       /* ns since boot, shown as wall clock: bpf_ktime_get_boot_ns() */
typedef __u64 skep_duration_ns_t; /* ns between two moments */
typedef char skep_comm_t[16];     /* TASK_COMM_LEN */
typedef char skep_path_t;         /* skep_path_t path[256]: bytes of a path, ended by NUL or by the record */
typedef char skep_text_t;         /* skep_text_t host[80]: any other text */
typedef char skep_argv_t;         /* skep_argv_t args[8192]: texts that each end with NUL */
typedef __u8 skep_ip_t[16];       /* IPv6 in network order; IPv4 as ::ffff:a.b.c.d */
typedef __u32 skep_block_flags_t; /* cmd_flags of a block request */
typedef __u64 skep_kernel_stack_t; /* a stack by its id, <skep/stack.bpf.h>: its frames become the column */
typedef __u64 skep_user_stack_t;  /* the same, of the process in member `pid` */
typedef __u64 skep_max_t;         /* merges over CPUs by the largest, not by the sum */

/* A power-of-two histogram: slot 0 counts 0 and 1, slot i counts 2^i .. 2^(i+1)-1. */
typedef struct {
	__u64 slots[64];
} skep_hist_t;

/* From the kernel's user API, which never changes. */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_LRU_PERCPU_HASH = 10,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_EXIST = 2,
};
enum {
	BPF_F_NO_PREALLOC = 1 << 0,
	BPF_F_CURRENT_CPU = 0xffffffff,
	BPF_F_USER_STACK = 1 << 8,
	BPF_F_REUSE_STACKID = 1 << 10,
};
enum {
	BPF_RB_NO_WAKEUP = 1 << 0,
	BPF_RB_FORCE_WAKEUP = 1 << 1,
};
enum {
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_RING_SIZE = 1,
};

#endif
