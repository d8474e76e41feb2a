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

#endif
