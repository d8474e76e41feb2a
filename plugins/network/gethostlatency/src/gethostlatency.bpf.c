// SPDX-License-Identifier: GPL-2.0
// One record per host name lookup through the C library that returns: who, which name, how long, and what came of it.
#include <skep/probe.bpf.h>

struct gethostlatency_call {
	__u64 started;
	const char *host;
};
SKEP_MAP(calls, LRU_HASH, __u64, struct gethostlatency_call, 16384); // by pid_tgid; a thread may end inside a lookup

struct gethostlatency_event {
	skep_ktime_t time;
	skep_duration_ns_t lat_ns SKEP_DOC("from the call to its return");
	__u32 pid;
	__s32 ret SKEP_DOC("0, or EAI_* of getaddrinfo; 1 when gethostbyname found nothing");
	skep_comm_t comm;
	skep_text_t host[256] SKEP_DOC("name as it was asked for; a DNS name has at most 253 bytes");
};
SKEP_RING(events, struct gethostlatency_event, 256 * 1024);
SKEP_SCRATCH(scratch, struct gethostlatency_event);

static __always_inline int enter(const char *host)
{
	struct gethostlatency_call call = { .started = bpf_ktime_get_boot_ns(), .host = host };
	__u64 id = bpf_get_current_pid_tgid();

	if (host && skep_pid_allowed(id >> 32)) /* without a name only a service is looked up */
		skep_remember(events, calls, &id, &call);
	return 0;
}

static __always_inline int leave(__s32 ret)
{
	struct gethostlatency_event *e = skep_scratch(scratch);
	__u64 id = bpf_get_current_pid_tgid();
	struct gethostlatency_call *call = bpf_map_lookup_elem(&calls, &id);
	__u32 length;

	if (!call || !e)
		return 0;
	e->time = bpf_ktime_get_boot_ns();
	e->lat_ns = e->time - call->started;
	e->pid = id >> 32;
	e->ret = ret;
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
	length = bpf_probe_read_user_str(&e->host, sizeof(e->host), call->host); /* in memory: the library has read it */
	if (length > sizeof(e->host))
		length = 0; /* an error, as a large number */
	skep_output(events, e, offsetof(struct gethostlatency_event, host) + length);
	bpf_map_delete_elem(&calls, &id);
	return 0;
}

#define LOOKUP(function, result)                                                                                       \
	SEC("uprobe/libc:" #function) int BPF_KPROBE(function##_enter, const char *host) { return enter(host); }      \
	SEC("uretprobe/libc:" #function) int BPF_KRETPROBE(function##_exit, long ret) { return leave(result); }

LOOKUP(getaddrinfo, ret)
LOOKUP(gethostbyname, !ret)
LOOKUP(gethostbyname2, !ret)
