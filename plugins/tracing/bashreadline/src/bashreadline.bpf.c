// SPDX-License-Identifier: GPL-2.0
// One record per line that readline has read for a shell: who, and what was typed.
#include <skep/probe.bpf.h>

struct bashreadline_event {
	skep_ktime_t time;
	__u32 pid;
	__u32 uid SKEP_DOC("user who runs the shell");
	skep_comm_t comm;
	skep_text_t command[4096] SKEP_DOC("the line as typed, before history and aliases are expanded");
};
SKEP_RING(events, struct bashreadline_event, 256 * 1024); // a person types one at a time
SKEP_SCRATCH(scratch, struct bashreadline_event);

static __always_inline int on_line(const char *line)
{
	struct bashreadline_event *e = skep_scratch(scratch);
	__u64 id = bpf_get_current_pid_tgid();
	__u32 length;

	if (!e || !line || !skep_pid_allowed(id >> 32)) /* no line: end of input */
		return 0;
	e->time = bpf_ktime_get_boot_ns();
	e->pid = id >> 32;
	e->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
	length = bpf_probe_read_user_str(&e->command, sizeof(e->command), line);
	if (length > sizeof(e->command))
		length = 0; /* an error, as a large number */
	skep_output(events, e, offsetof(struct bashreadline_event, command) + length);
	return 0;
}

/* readline() itself is already waiting when tracing starts: its return would not be seen for the first line. */
SEC("uretprobe/shared:readline_internal_teardown")
int BPF_KRETPROBE(line_teardown, const char *line) { return on_line(line); }

SEC("uretprobe/shared:readline")
int BPF_KRETPROBE(line_readline, const char *line) { return on_line(line); }
