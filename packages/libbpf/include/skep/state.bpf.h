// SPDX-License-Identifier: GPL-2.0
// What a program remembers between two hooks. Every map has a bound; what does not fit is counted as a lost event.
#ifndef SKEP_STATE_BPF_H
#define SKEP_STATE_BPF_H

#include "count.bpf.h"

#define SKEP_MAP(name, kind, key_type, value_type, entries)                                                            \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_##kind);                                                                     \
		__uint(max_entries, entries);                                                                          \
		__type(key, key_type);                                                                                 \
		__type(value, value_type);                                                                             \
	} name SEC(".maps")

/* Remember `value` under `key` for an event of `stream`; when the map is full that event is lost, and counted. */
#define skep_remember(stream, map, key, value)                                                                         \
	({                                                                                                             \
		long __error = bpf_map_update_elem(&map, key, value, BPF_ANY);                                         \
		if (__error) {                                                                                         \
			struct skep_counts *__counts = skep_counts_of(skep_counts_##stream);                           \
			skep_add(&__counts->attempted, 1);                                                             \
			skep_add(&__counts->map_full, 1);                                                              \
		}                                                                                                      \
		__error;                                                                                               \
	})

#endif
