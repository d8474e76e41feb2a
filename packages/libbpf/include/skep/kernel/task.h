// SPDX-License-Identifier: GPL-2.0
// include/linux/sched.h and what hangs off a task: only what skep reads.
#ifndef SKEP_KERNEL_TASK_H
#define SKEP_KERNEL_TASK_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct pid_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1]; /* level + 1 of them */
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
};

struct task_struct {
	unsigned int __state; /* since 5.14, see skep_task_state() */
	void *stack;
	unsigned int flags;
	struct mm_struct *mm;
	int exit_code;
	int pid;  /* the thread */
	int tgid; /* the process */
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	__u64 start_time;
	__u64 start_boottime; /* real_start_time before 5.5 */
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
};

struct task_struct___before_5_14 {
	volatile long state;
};

#pragma clang attribute pop

#endif
