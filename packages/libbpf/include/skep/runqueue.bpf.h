// SPDX-License-Identifier: GPL-2.0
// Facts about tasks at sched_wakeup and sched_switch, where the task in question is not the one that runs: inside
// sched_switch the helpers for the current task speak of the one that leaves.
#ifndef SKEP_RUNQUEUE_BPF_H
#define SKEP_RUNQUEUE_BPF_H

#include "kernel/cgroup.h"

/*
 * The task that leaves the CPU waits for its next turn: it was preempted, whatever it had in mind (its state says what
 * it was about to wait for), or it only yielded. Its state is read here and not taken from the argument that
 * sched_switch has since fa2c3254d7cf (Linux 5.18): a wakeup on another CPU may change it to TASK_WAKING meanwhile,
 * which is not 0 either.
 */
static __always_inline bool skep_stays_runnable(bool preempted, struct task_struct *task)
{
	return preempted || !skep_task_state(task);
}

/* Inode of the task's PID namespace, the innermost; 0 for a task that is already released. */
static __always_inline __u32 skep_pid_namespace(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	struct upid upid = {};

	bpf_core_read(&upid, sizeof(upid), &pid->numbers[level]);
	return BPF_CORE_READ(upid.ns, ns.inum);
}

/* Id of the ancestor at `level`. cgroup.ancestor_ids became ancestors with 7f203bc89eb6 (Linux 6.1). */
static __always_inline __u64 skep_cgroup_ancestor(struct cgroup *cgroup, __u32 level)
{
	struct cgroup___before_6_1 *old = (void *)cgroup;
	struct cgroup *ancestor = NULL;
	__u64 id = 0;

	if (bpf_core_field_exists(old->ancestor_ids)) {
		bpf_core_read(&id, sizeof(id), &old->ancestor_ids[level]);
		return id;
	}
	bpf_core_read(&ancestor, sizeof(ancestor), &cgroup->ancestors[level]);
	return BPF_CORE_READ(ancestor, kn, id);
}

/* skep_task_allowed() for a task that is not the current one; its user is not looked at. */
static __always_inline bool skep_other_task_allowed(struct task_struct *task)
{
	struct cgroup *cgroup;

	if (!skep_pid_allowed(BPF_CORE_READ(task, tgid)))
		return false;
	if (!skep_cgroup_id)
		return true;
	cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	return BPF_CORE_READ(cgroup, level) >= (int)skep_cgroup_level &&
	       skep_cgroup_ancestor(cgroup, skep_cgroup_level) == skep_cgroup_id;
}

#endif
