// SPDX-License-Identifier: GPL-2.0
// BCC's --cgroupmap and --mntnsmap: pinned hashes that somebody else fills with the containers to trace.
#ifndef SKEP_CONTAINER_BPF_H
#define SKEP_CONTAINER_BPF_H

#include "kernel/task.h"

const volatile bool skep_cgroups_on = false;
const volatile bool skep_mntns_on = false;

/*
 * Replaced by the pinned map when the option is given; key: cgroup v2 id. Preallocated, as programs on perf events may
 * use no other before Linux 6.1.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} skep_cgroups SEC(".maps");

/* Key: inode of the mount namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u32);
} skep_mntns SEC(".maps");

/* The calling task belongs to a container that is asked for. */
static __always_inline bool skep_container_allowed(void)
{
	if (skep_cgroups_on) {
		__u64 cgroup = bpf_get_current_cgroup_id();

		if (!bpf_map_lookup_elem(&skep_cgroups, &cgroup))
			return false;
	}
	if (skep_mntns_on) {
		struct task_struct *task = (void *)bpf_get_current_task();
		__u64 mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);

		if (!bpf_map_lookup_elem(&skep_mntns, &mntns))
			return false;
	}
	return true;
}

#endif
