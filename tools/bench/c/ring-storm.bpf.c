// SPDX-License-Identifier: GPL-2.0
// Fills a ring with records of opensnoop's shape, one per run, through skep's own macros: BPF_PROG_TEST_RUN with `repeat` runs it as
// often as asked, so a benchmark knows exactly how many records there are. A classifier, because tracing programs refuse `repeat`.
#include <skep/probe.bpf.h>
#include "ring-storm.h"

SKEP_RING(events, struct open_event, 8 * 1024 * 1024); // about ten ticks of 20 ms at 300,000 per second
SKEP_SCRATCH(scratch, struct open_event);

static __u64 sequence;

#define SET_PATH(e, text) (__builtin_memcpy((e)->path, text, sizeof(text)), sizeof(text))

SEC("tc")
int fill(void *ctx)
{
	struct open_event *e = skep_scratch(scratch);
	__u64 number = sequence++; // one filler at a time
	__u32 length;

	if (!e)
		return 0;
	e->time = bpf_ktime_get_boot_ns();
	e->uid = 0;
	e->pid = e->tid = 1000 + (number & 63);
	__builtin_memcpy(e->comm, "storm\0\0\0\0\0\0\0\0\0\0", sizeof(e->comm));
	e->fd = 3;
	e->err = 0;
	e->flags = 0;
	e->mode = 0;
	switch (number & 3) { // 11 to 63 bytes, 35 on average
	case 0: length = SET_PATH(e, "/etc/passwd"); break;
	case 1: length = SET_PATH(e, "/proc/sys/kernel/random/boot_id"); break;
	case 2: length = SET_PATH(e, "/usr/lib/x86_64-linux-gnu/libc.so.6"); break;
	default: length = SET_PATH(e, "/srv/app/node_modules/@scope/package-of-some-kind/dist/index.js"); break;
	}
	skep_output(events, e, offsetof(struct open_event, path) + length);
	return 0;
}
