#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""execsnoop of BCC on the tracepoint sched_process_exec: where the tool finds no kprobes, a stand-in of its shape."""
from bcc import BPF
from bcc.utils import printb

PROGRAM = r"""
#include <linux/sched.h>

struct data_t { u32 pid, uid; char comm[TASK_COMM_LEN]; char file[128]; };
BPF_PERF_OUTPUT(events);

TRACEPOINT_PROBE(sched, sched_process_exec) {
    struct data_t data = {};

    data.pid = bpf_get_current_pid_tgid() >> 32;
    data.uid = bpf_get_current_uid_gid();
    bpf_get_current_comm(&data.comm, sizeof(data.comm));
    TP_DATA_LOC_READ_STR(&data.file, filename, sizeof(data.file));
    events.perf_submit(args, &data, sizeof(data));
    return 0;
}
"""

bpf = BPF(text=PROGRAM)
print("%-16s %-7s %s" % ("PCOMM", "PID", "FILE"))


def on_event(_cpu, data, _size):
    event = bpf["events"].event(data)
    printb(b"%-16s %-7d %s" % (event.comm, event.pid, event.file))


bpf["events"].open_perf_buffer(on_event)
try:
    while True:
        bpf.perf_buffer_poll()
except KeyboardInterrupt:
    pass
