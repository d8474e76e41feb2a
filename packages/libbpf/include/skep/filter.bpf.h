// SPDX-License-Identifier: GPL-2.0
// Filters that many tools share. Each is a constant that user space sets before load: the verifier removes the ones
// that are off, so an unused filter costs nothing.
#ifndef SKEP_FILTER_BPF_H
#define SKEP_FILTER_BPF_H

#define SKEP_ALL ((__u32)-1)

const volatile __u32 opt_pid = 0;         // 0: all
const volatile __u32 opt_tid = 0;         // 0: all
const volatile __u32 opt_uid = SKEP_ALL;  // SKEP_ALL: all; 0 is root

const volatile __u64 skep_cgroup_id = 0;  // directory of option `cgroup`; 0: all
const volatile __u32 skep_cgroup_level = 0;

static __always_inline bool skep_pid_allowed(__u32 pid)
{
	return !opt_pid || pid == opt_pid;
}

/* The calling task, by thread or else process (as in BCC a thread wins), user and cgroup v2 directory. */
static __always_inline bool skep_task_allowed(void)
{
	__u64 id = bpf_get_current_pid_tgid();

	if (opt_tid ? (__u32)id != opt_tid : !skep_pid_allowed(id >> 32))
		return false;
	if (opt_uid != SKEP_ALL && (__u32)bpf_get_current_uid_gid() != opt_uid)
		return false;
	return !skep_cgroup_id || bpf_get_current_ancestor_cgroup_id(skep_cgroup_level) == skep_cgroup_id;
}

#endif
