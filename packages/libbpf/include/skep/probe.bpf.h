// SPDX-License-Identifier: GPL-2.0
// What every plugin includes: types, libbpf's helpers, rings, snapshots, filters, and the facts that differ by kernel.
#ifndef SKEP_PROBE_BPF_H
#define SKEP_PROBE_BPF_H

#define __VMLINUX_H__ /* kernel names for the registers in bpf_tracing.h */
#include "types.bpf.h"
#include "kernel/ptrace.h"
#include "kernel/task.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "count.bpf.h"
#include "ring.bpf.h"
#include "snapshot.bpf.h"
#include "state.bpf.h"
#include "compat.bpf.h"
#include "filter.bpf.h"

char skep_license[] SEC("license") = "GPL";

#endif
