#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""opensnoop of BCC on tracepoints: the same record, output and way of printing as the tool, which needs kprobes or fentry.

The tool flushes each line (`printb`); with --no-flush Python's buffer is left to fill, which is kinder to it.
"""
import sys

from bcc import BPF
from bcc.utils import printb

PROGRAM = r"""
#include <linux/limits.h>
#include <linux/sched.h>

struct val_t { const char *fname; int flags; };
struct data_t {
    u64 id, ts;
    u32 uid;
    int ret;
    char comm[TASK_COMM_LEN];
    char name[NAME_MAX];
    int flags;
};
BPF_HASH(infotmp, u64, struct val_t);
BPF_PERF_OUTPUT(events);

TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
    u64 id = bpf_get_current_pid_tgid();
    struct val_t val = { .fname = args->filename, .flags = args->flags };

    infotmp.update(&id, &val);
    return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_openat) {
    u64 id = bpf_get_current_pid_tgid();
    struct val_t *valp = infotmp.lookup(&id);
    struct data_t data = {};

    if (!valp)
        return 0;
    bpf_get_current_comm(&data.comm, sizeof(data.comm));
    bpf_probe_read_user_str(&data.name, sizeof(data.name), valp->fname);
    data.id = id;
    data.ts = bpf_ktime_get_ns();
    data.uid = bpf_get_current_uid_gid();
    data.flags = valp->flags;
    data.ret = args->ret;
    events.perf_submit(args, &data, sizeof(data));
    infotmp.delete(&id);
    return 0;
}
"""

bpf = BPF(text=PROGRAM)
print("%-6s %-16s %4s %3s %s" % ("PID", "COMM", "FD", "ERR", "PATH"))


def write(text, nl=1):
    sys.stdout.buffer.write(text + b"\n" if nl else text)


if "--no-flush" not in sys.argv:
    write = printb


def on_event(_cpu, data, _size):
    event = bpf["events"].event(data)
    fd, err = (event.ret, 0) if event.ret >= 0 else (-1, -event.ret)
    write(b"%-6d %-16s %4d %3d " % (event.id >> 32, event.comm, fd, err), nl="")
    write(b"%s" % event.name)


bpf["events"].open_perf_buffer(on_event, page_cnt=64)
try:
    while True:
        bpf.perf_buffer_poll()
except KeyboardInterrupt:
    sys.stdout.flush()
