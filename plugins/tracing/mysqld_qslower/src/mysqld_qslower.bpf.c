// SPDX-License-Identifier: GPL-2.0
// One record per query of a MySQL or MariaDB server that took long enough: which, and how long.
#include <skep/usdt.bpf.h>

#define QUERY_BYTES 4096
#define COM_QUERY 3 /* a statement as text */

const volatile __u64 opt_min_ms = 1000000; // option `min_ms`, in nanoseconds; its default

struct mysqld_qslower_event {
	skep_ktime_t time SKEP_DOC("when the server had read the query");
	skep_duration_ns_t latency SKEP_DOC("until it had dealt with it");
	__u32 pid;
	__u32 tid SKEP_DOC("thread that served it");
	__u32 query_bytes SKEP_DOC("bytes in query; the rest is not part of it");
	skep_text_t query[QUERY_BYTES] SKEP_DOC("text of the query, its first 4095 bytes");
};
SKEP_RING(events, struct mysqld_qslower_event, 1024 * 1024); // 250 long queries between two visits

/* By thread. The text is copied at the start: the server uses its buffer for the next packet before it is done. */
SKEP_MAP(started, LRU_HASH, __u64, struct mysqld_qslower_event, 1024);
SKEP_SCRATCH(scratch, struct mysqld_qslower_event);

/* `length` 0: the text ends with NUL. */
static __always_inline int on_start(const char *query, __u32 length)
{
	struct mysqld_qslower_event *e = skep_scratch(scratch);
	__u64 id = bpf_get_current_pid_tgid();
	long copied;

	if (!e || !skep_pid_allowed(id >> 32))
		return 0;
	e->time = bpf_ktime_get_boot_ns();
	e->pid = id >> 32;
	e->tid = id;
	/* Packets do not end with NUL: of one more byte the last becomes it. */
	if (length == 0)
		length = QUERY_BYTES - 1;
	asm volatile("" : "+r"(length)); /* or clang makes one comparison of both, which the verifier does not follow */
	if (length > QUERY_BYTES - 1)
		length = QUERY_BYTES - 1;
	copied = bpf_probe_read_user_str(&e->query, length + 1, query);
	e->query_bytes = copied < 0 ? 0 : copied;
	skep_remember(events, started, &id, e);
	return 0;
}

static __always_inline int on_done(void)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct mysqld_qslower_event *e = bpf_map_lookup_elem(&started, &id);
	__u32 bytes;

	if (!e)
		return 0;
	e->latency = bpf_ktime_get_boot_ns() - e->time;
	bytes = e->query_bytes;
	if (bytes > QUERY_BYTES)
		bytes = QUERY_BYTES;
	if (e->latency >= opt_min_ms)
		skep_output(events, e, offsetof(struct mysqld_qslower_event, query) + bytes);
	bpf_map_delete_elem(&started, &id);
	return 0;
}

SEC("usdt/mysqld:mysql:query__start")
int BPF_USDT(query_start, char *query) { return on_start(query, 0); }

SEC("usdt/mysqld:mysql:query__done")
int BPF_USDT(query_done) { return on_done(); }

/* MariaDB: bool dispatch_command(enum_server_command, THD *, char *packet, uint length, bool) */
SEC("uprobe/mysqld:_Z16dispatch_command19enum_server_commandP3THDPcjb")
int BPF_KPROBE(maria_start, __u32 command, void *thd, const char *packet, __u32 length)
{
	return command == COM_QUERY ? on_start(packet, length) : 0;
}

SEC("uretprobe/mysqld:_Z16dispatch_command19enum_server_commandP3THDPcjb")
int BPF_KRETPROBE(maria_done) { return on_done(); }

/* MySQL 5.7 and later: bool dispatch_command(THD *, const COM_DATA *, enum_server_command) */
struct mysqld_qslower_command {
	const char *query;
	__u32 length;
};

SEC("uprobe/mysqld:_Z16dispatch_commandP3THDPK8COM_DATA19enum_server_command")
int BPF_KPROBE(mysql_start, void *thd, const struct mysqld_qslower_command *data, __u32 command)
{
	struct mysqld_qslower_command query = {};

	if (command != COM_QUERY)
		return 0;
	bpf_probe_read_user(&query, sizeof(query), data);
	return on_start(query.query, query.length);
}

SEC("uretprobe/mysqld:_Z16dispatch_commandP3THDPK8COM_DATA19enum_server_command")
int BPF_KRETPROBE(mysql_done) { return on_done(); }
