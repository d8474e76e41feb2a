// SPDX-License-Identifier: GPL-2.0
// Fills a ring with records of opensnoop's shape, one per run, without a wakeup: BPF_PROG_TEST_RUN with `repeat` runs it as often
// as asked, so a benchmark knows exactly how many records there are. A classifier, because tracing programs refuse `repeat`.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "ring-storm.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024); // 55,000 records: nine ticks of 20 ms at 300,000 per second
} events SEC(".maps");

struct counters { // one writer at a time: test runs of one filler
	__u64 submitted;
	__u64 lost;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counted SEC(".maps");

const struct open_event *unused_open_event __attribute__((unused)); // keeps the type in the BTF

#define SET(e, text) __builtin_memcpy((e)->path, text, sizeof(text))

SEC("tc")
int fill(struct __sk_buff *skb)
{
	struct counters *c;
	struct open_event *e;
	__u32 zero = 0;

	c = bpf_map_lookup_elem(&counted, &zero);
	if (!c)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		c->lost++;
		return 0;
	}
	c->submitted++;
	e->time = bpf_ktime_get_ns();
	e->pid = 1000 + (c->submitted & 63);
	e->uid = 0;
	e->ret = 3;
	e->flags = 0;
	__builtin_memcpy(e->comm, "storm\0\0\0\0\0\0\0\0\0\0", COMM_BYTES);
	switch (c->submitted & 3) { // 11 to 62 bytes, 34 on average
	case 0: SET(e, "/etc/passwd"); break;
	case 1: SET(e, "/proc/sys/kernel/random/boot_id"); break;
	case 2: SET(e, "/usr/lib/x86_64-linux-gnu/libc.so.6"); break;
	default: SET(e, "/srv/app/node_modules/@scope/package-of-some-kind/dist/index.js"); break;
	}
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
