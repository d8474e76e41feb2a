// SPDX-License-Identifier: GPL-2.0
// One record per open(2), creat(2), openat(2) or openat2(2) that returns: who, which path, and what came of it.
#include <skep/probe.bpf.h>
#include <skep/container.bpf.h>
#include <skep/kernel/trace.h>
#include <skep/path.bpf.h>

#define SKEP_STACKS 4096 /* call sites of open(2) between two drains */
#include <skep/stack.bpf.h>

#define O_WRONLY 01
#define O_CREAT 0100
#define O_TRUNC 01000
#define O_TMPFILE 020000000 /* its own bit: the C library's also holds O_DIRECTORY */

const volatile bool opt_failed = false;
const volatile bool opt_full_path = false;
const volatile bool opt_callers = false;
const volatile __u32 opt_flag_filter = 0; // any of these bits; 0: all calls

struct opensnoop_event {
	skep_ktime_t time;
	__u32 uid;
	__u32 pid;
	__u32 tid;
	__s32 fd SKEP_DOC("file descriptor, or -1 when the call failed");
	__u32 flags SKEP_DOC("O_* flags of the call");
	__u16 err SKEP_DOC("errno, 0 when the call succeeded");
	__s16 mode SKEP_DOC("permissions asked for, or -1 when the call cannot create a file");
	skep_comm_t comm;
	skep_user_stack_t callers SKEP_DOC("functions of the program that led to the call, root first");
	skep_path_t path[SKEP_PATH_MAX] SKEP_DOC("as the program passed it; with full_path from the root");
};
SKEP_RING(events, struct opensnoop_event, 4 * 1024 * 1024);

struct opensnoop_scratch {
	struct opensnoop_event event;
	// A directory and a name may be longer together than a path; 8 more, as the verifier of 6.1 loses a bound by one.
	char beyond[SKEP_PATH_MAX + 8];
};
SKEP_SCRATCH(scratch, struct opensnoop_scratch);

static __always_inline bool wanted(long ret)
{
	return (!opt_failed || ret < 0) && skep_task_allowed() && skep_container_allowed();
}

/* Put the path into `to`. Read on the way out: at the enter its page may not be in memory, and a probe cannot wait. */
static __always_inline long path_into(char *to, int dfd, const char *path, int ret)
{
	bool cut = false, opened = false;
	long at = 0, length;
	struct path from;
	char first = 0;

	if (opt_full_path) {
		bpf_probe_read_user(&first, 1, path);
		opened = ret >= 0 && skep_path_of_fd(ret, &from);
		if (opened || (first != '/' && skep_path_of_fd(dfd, &from)))
			at = skep_path_text(from, to, &cut);
		if (at < 0 || at > SKEP_PATH_MAX)
			at = 0;
		if (cut)
			skep_note_cut(events);
		if (opened && at)
			return at;
		if (at > 1 && at < SKEP_PATH_MAX)
			to[at++] = '/';
	}
	length = bpf_probe_read_user_str(to + at, SKEP_PATH_MAX, path);
	length = length > 0 ? at + length : at;
	if (length <= SKEP_PATH_MAX)
		return length;
	skep_note_cut(events);
	return SKEP_PATH_MAX;
}

static __always_inline int opened(void *ctx, int dfd, const char *path, __u32 flags, __u32 mode, int ret)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct opensnoop_scratch *room;
	struct opensnoop_event *e;
	long length;

	if (opt_flag_filter && !(flags & opt_flag_filter))
		return 0;
	room = skep_scratch(scratch);
	if (!room)
		return 0;
	e = &room->event;
	e->time = bpf_ktime_get_boot_ns();
	e->uid = bpf_get_current_uid_gid();
	e->pid = id >> 32;
	e->tid = id;
	e->fd = ret >= 0 ? ret : -1;
	e->flags = flags;
	e->err = ret >= 0 ? 0 : -ret;
	e->mode = flags & (O_CREAT | O_TMPFILE) ? mode & 07777 : -1;
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
	e->callers = opt_callers ? skep_stack(events, ctx, BPF_F_USER_STACK) : 0;
	length = path_into(e->path, dfd, path, ret);
	if (length >= 0 && length <= SKEP_PATH_MAX)
		skep_output(events, e, offsetof(struct opensnoop_event, path) + length);
	return 0;
}

static __always_inline struct open_how user_how(unsigned long address)
{
	struct open_how how = {};

	bpf_probe_read_user(&how, sizeof(how), (void *)address);
	return how;
}

/* At the exit alone: the arguments are still in the registers, so the enter costs nothing and nothing is remembered. */
#define OPEN_EXIT(call, ...)                                                                                           \
	SEC("tracepoint/syscalls/sys_exit_" #call)                                                                     \
	int call##_exit(struct trace_event_raw_sys_exit *ctx)                                                          \
	{                                                                                                              \
		struct pt_regs *regs;                                                                                  \
                                                                                                                       \
		if (!wanted(ctx->ret))                                                                                 \
			return 0;                                                                                      \
		regs = skep_task_regs();                                                                               \
		return opened(ctx, __VA_ARGS__, ctx->ret);                                                                 \
	}
#define ARG(n) PT_REGS_PARM##n##_CORE_SYSCALL(regs)

OPEN_EXIT(open, SKEP_AT_FDCWD, (void *)ARG(1), ARG(2), ARG(3))
OPEN_EXIT(creat, SKEP_AT_FDCWD, (void *)ARG(1), O_CREAT | O_WRONLY | O_TRUNC, ARG(2))
OPEN_EXIT(openat, ARG(1), (void *)ARG(2), ARG(3), ARG(4))
OPEN_EXIT(openat2, ARG(1), (void *)ARG(2), user_how(ARG(3)).flags, user_how(ARG(3)).mode)

SEC("fexit/do_sys_openat2")
int BPF_PROG(open_fexit, int dfd, const char *path, struct open_how *how, int ret)
{
	if (!wanted(ret))
		return 0;
	return opened(ctx, dfd, path, BPF_CORE_READ(how, flags), BPF_CORE_READ(how, mode), ret);
}

struct opensnoop_call {
	const char *path;
	__s32 dfd;
	__u32 flags;
	__u64 mode;
};
SKEP_MAP(calls, LRU_HASH, __u64, struct opensnoop_call, 16384); // by pid_tgid: threads inside open at one time

SEC("kprobe/do_sys_openat2")
int BPF_KPROBE(open_kprobe, int dfd, const char *path, struct open_how *how)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct opensnoop_call call = { path, dfd, BPF_CORE_READ(how, flags), BPF_CORE_READ(how, mode) };

	if (skep_task_allowed() && skep_container_allowed())
		skep_remember(events, calls, &id, &call);
	return 0;
}

SEC("kretprobe/do_sys_openat2")
int BPF_KRETPROBE(open_kretprobe, int ret)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct opensnoop_call *call = bpf_map_lookup_elem(&calls, &id);

	if (!call)
		return 0;
	if (wanted(ret))
		opened(ctx, call->dfd, call->path, call->flags, call->mode, ret);
	bpf_map_delete_elem(&calls, &id);
	return 0;
}
