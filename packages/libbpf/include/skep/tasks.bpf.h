// SPDX-License-Identifier: GPL-2.0
// Lists of processes and threads, for tools whose -p and -t take several. A list that is off costs nothing.
#ifndef SKEP_TASKS_BPF_H
#define SKEP_TASKS_BPF_H

#define SKEP_TASKS 64 /* more are an error of the option */

const volatile __u32 opt_pids[SKEP_TASKS] = {}; /* ended by the first 0; none: all */
const volatile __u32 opt_tids[SKEP_TASKS] = {};

static __always_inline bool skep_in_list(const volatile __u32 *list, __u32 id)
{
	for (int i = 0; i < SKEP_TASKS; i++) {
		if (!list[i])
			return false;
		if (list[i] == id)
			return true;
	}
	return false;
}

/* Whether the lists have this task, by its process or by its thread. */
static __always_inline bool skep_listed(__u32 pid, __u32 tid)
{
	if (opt_pids[0] && !skep_in_list(opt_pids, pid))
		return false;
	return !opt_tids[0] || skep_in_list(opt_tids, tid);
}

#endif
