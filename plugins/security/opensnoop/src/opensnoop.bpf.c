// SPDX-License-Identifier: GPL-2.0
// One record per open(2), openat(2) or openat2(2) that returns: who, which path, and what came of it.
#include <skep/probe.bpf.h>
#include <skep/container.bpf.h>
#include <skep/kernel/trace.h>

const volatile bool opt_failed = false; // option `failed`

/* What the exit needs to know of the enter. */
struct opensnoop_call {
	const char *path;
	__u32 flags;
	__u32 mode;
};
SKEP_MAP(calls, LRU_HASH, __u64, struct opensnoop_call, 16384); // by pid_tgid: threads inside open at one time

struct opensnoop_event {
	skep_ktime_t time;
	__u32 uid;
	__u32 pid;
	__u32 tid;
	skep_comm_t comm;
	__s32 fd SKEP_DOC("file descriptor, or -1 when the call failed");
	__u32 err SKEP_DOC("errno, 0 when the call succeeded");
	__u32 flags SKEP_DOC("O_* flags of the call");
	__u32 mode SKEP_DOC("permissions of a file that may be created");
	skep_path_t path[256] SKEP_DOC("as the program passed it, at most 255 bytes");
};
SKEP_RING(events, struct opensnoop_event, 4 * 1024 * 1024);
SKEP_SCRATCH(scratch, struct opensnoop_event);

static __always_inline int enter(const char *path, __u32 flags, __u32 mode)
{
	struct opensnoop_call call = { .path = path, .flags = flags, .mode = mode };
	__u64 id = bpf_get_current_pid_tgid();

	if (!skep_task_allowed() || !skep_container_allowed())
		return 0;
	skep_remember(events, calls, &id, &call);
	return 0;
}

static __always_inline int leave(long ret)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct opensnoop_call *call = bpf_map_lookup_elem(&calls, &id);
	struct opensnoop_event *e;
	long length;

	if (!call)
		return 0;
	if (opt_failed && ret >= 0)
		goto out;
	e = skep_scratch(scratch);
	if (!e)
		goto out;
	e->time = bpf_ktime_get_boot_ns();
	e->uid = bpf_get_current_uid_gid();
	e->pid = id >> 32;
	e->tid = id;
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
	e->fd = ret >= 0 ? ret : -1;
	e->err = ret >= 0 ? 0 : -ret;
	e->flags = call->flags;
	e->mode = call->mode;
	/* Read on the way out: at the enter the page may not be in memory yet, and a probe cannot fault it in. */
	length = bpf_probe_read_user_str(&e->path, sizeof(e->path), call->path);
	if (length < 0 || length > (long)sizeof(e->path))
		length = 0;
	skep_output(events, e, offsetof(struct opensnoop_event, path) + length);
out:
	bpf_map_delete_elem(&calls, &id);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int openat_enter(struct trace_event_raw_sys_enter *ctx)
{
	return enter((void *)ctx->args[1], ctx->args[2], ctx->args[3]);
}

SEC("tracepoint/syscalls/sys_exit_openat")
int openat_exit(struct trace_event_raw_sys_exit *ctx) { return leave(ctx->ret); }
