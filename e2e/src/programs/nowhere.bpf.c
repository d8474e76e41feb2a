// SPDX-License-Identifier: GPL-2.0
// A plugin that no kernel can attach.
#include <skep/probe.bpf.h>

struct nowhere_event {
	__u32 pid;
};
SKEP_RING(events, struct nowhere_event, 4096);

static __always_inline int emit(void)
{
	struct nowhere_event *e = skep_reserve(events);

	if (!e)
		return 0;
	e->pid = bpf_get_current_pid_tgid() >> 32;
	skep_submit(events, e);
	return 0;
}

SEC("tracepoint/skep/no_such_tracepoint")
int by_name(void *ctx) { return emit(); }

SEC("raw_tp/no_such_tracepoint")
int by_raw(void *ctx) { return emit(); }
