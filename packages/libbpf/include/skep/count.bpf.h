// SPDX-License-Identifier: GPL-2.0
// The kernel half of the ledger: what was attempted, and what was dropped for which reason.
#ifndef SKEP_COUNT_BPF_H
#define SKEP_COUNT_BPF_H

/* Each CPU counts on a cache line of its own; CPUs beyond the bound share lines, which costs time and loses nothing. */
#define SKEP_COUNT_CPUS 128

/* 64 bytes, so that no two CPUs write one line. User space reads these names from BTF. */
struct skep_counts {
	__u64 attempted;
	__u64 ring_full;
	__u64 map_full;
	__u64 cut;
	__u64 reserved[4];
} __attribute__((aligned(64)));

/* Counters only grow, and are read in place through the mapped .bss: nothing is lost between read and reset. */
#define SKEP_COUNTS(stream) struct skep_counts skep_counts_##stream[SKEP_COUNT_CPUS]

static __always_inline struct skep_counts *skep_counts_of(struct skep_counts *all)
{
	return &all[bpf_get_smp_processor_id() & (SKEP_COUNT_CPUS - 1)];
}

/* Atomic, because an interrupt may bring the same program to the same CPU; uncontended, so a few ns. */
static __always_inline void skep_add(__u64 *counter, __u64 n)
{
	__sync_fetch_and_add(counter, n);
}

/* Text that did not fit was cut; the record is delivered. */
#define skep_note_cut(stream) skep_add(&skep_counts_of(skep_counts_##stream)->cut, 1)

#endif
