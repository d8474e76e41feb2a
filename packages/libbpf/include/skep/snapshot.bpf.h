// SPDX-License-Identifier: GPL-2.0
// Counters and histograms that user space takes at intervals, losing nothing between read and reset: two maps, of
// which programs use the one that `skep_epoch` names. User space flips the epoch, waits until no running program can
// hold the old one (membarrier(2), a grace period of RCU), and then reads and empties it at leisure.
#ifndef SKEP_SNAPSHOT_BPF_H
#define SKEP_SNAPSHOT_BPF_H

#include "count.bpf.h"

volatile __u32 skep_epoch;

/*
 * Declares the maps `name_0` and `name_1`, pointers to their types, and the loss counters. `kind` is HASH, PERCPU_HASH,
 * ARRAY or PERCPU_ARRAY. The maps themselves carry no types: the kernel takes none but a plain integer as the key of an
 * array (array_map_check_btf), and a key there may well be an enum, so that rows carry its labels.
 */
#define SKEP_SNAPSHOT(name, kind, key_type, value_type, entries)                                                       \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_##kind);                                                                     \
		__uint(max_entries, entries);                                                                          \
		__uint(key_size, sizeof(key_type));                                                                    \
		__uint(value_size, sizeof(value_type));                                                                \
	} name##_0 SEC(".maps"), name##_1 SEC(".maps");                                                                \
	static const value_type skep_zero_##name;                                                                      \
	key_type *skep_key_##name;                                                                                     \
	value_type *skep_value_##name;                                                                                 \
	struct skep_counts skep_counts_##name[2 * SKEP_COUNT_CPUS] /* per side: what a snapshot covers is exact */

static __always_inline void *skep_slot_in(void *map, const void *key, const void *zero)
{
	void *value = bpf_map_lookup_elem(map, key);

	if (value)
		return value;
	bpf_map_update_elem(map, key, zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

/* The value under `key` in the current map, zeroed when new; NULL when the map is full, and that is counted. */
#define skep_slot(name, key)                                                                                           \
	({                                                                                                             \
		__u32 __side = skep_epoch & 1;                                                                         \
		struct skep_counts *__counts = skep_counts_of(skep_counts_##name + __side * SKEP_COUNT_CPUS);          \
		typeof(skep_value_##name) __value;                                                                     \
		if (__side)                                                                                            \
			__value = skep_slot_in(&name##_1, key, &skep_zero_##name);                                     \
		else                                                                                                   \
			__value = skep_slot_in(&name##_0, key, &skep_zero_##name);                                     \
		skep_add(&__counts->attempted, 1);                                                                     \
		if (!__value)                                                                                          \
			skep_add(&__counts->map_full, 1);                                                              \
		__value;                                                                                               \
	})

/* Slot of a value: 0 for 0 and 1, else floor(log2). Branches on halves, as no 5.x verifier takes a loop for free. */
static __always_inline __u32 skep_log2(__u64 value)
{
	__u32 slot = 0, word = value >> 32;

	if (word)
		slot = 32;
	else
		word = value;
	if (word >> 16)
		slot += 16, word >>= 16;
	if (word >> 8)
		slot += 8, word >>= 8;
	if (word >> 4)
		slot += 4, word >>= 4;
	if (word >> 2)
		slot += 2, word >>= 2;
	return slot + (word >> 1 & 1);
}

static __always_inline void skep_hist_add(skep_hist_t *hist, __u64 value)
{
	skep_add(&hist->slots[skep_log2(value) & 63], 1);
}

#endif
