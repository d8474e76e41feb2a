// SPDX-License-Identifier: GPL-2.0
// Facts that differ between kernels, one inline function each. Plugins hold no version checks.
#ifndef SKEP_COMPAT_BPF_H
#define SKEP_COMPAT_BPF_H

#include "kernel/task.h"

/* task_struct.state became __state, and 32 bits wide, with 2f064a59a11f (Linux 5.14). */
static __always_inline __u32 skep_task_state(struct task_struct *task)
{
	struct task_struct___before_5_14 *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ(old, state);
}

enum bpf_func_id {
	BPF_FUNC_task_pt_regs = 175,
};

/*
 * The registers with which the calling task entered the kernel. At the exit of a system call they still hold its
 * arguments (PT_REGS_PARM1_CORE_SYSCALL ...), so nothing needs to be remembered at its enter. bpf_task_pt_regs() came
 * with dd6e10fbd9fb (Linux 5.15); before, they lie at the end of the stack, 16 KiB on x86-64 and arm64.
 */
static __always_inline struct pt_regs *skep_task_regs(void)
{
	struct task_struct *task;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, stack) + 16 * 1024 - bpf_core_type_size(struct pt_regs);
}

#endif
