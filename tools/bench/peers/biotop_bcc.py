#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""biotop of BCC on the tracepoints of the block layer: where the tool finds no kprobes, a stand-in of its shape."""
import time

from bcc import BPF
from block import STARTS

PROGRAM = r"""
#include <linux/sched.h>
""" + STARTS + r"""
struct who_t { u32 pid; char comm[TASK_COMM_LEN]; };
struct val_t { u64 bytes, us, io; };
BPF_HASH(whobyreq, struct request_key, struct who_t);
BPF_HASH(counts, struct who_t, struct val_t);

TRACEPOINT_PROBE(block, block_rq_insert) {
    struct request_key key = { .dev = args->dev, .sector = args->sector };
    struct who_t who = { .pid = bpf_get_current_pid_tgid() >> 32 };

    bpf_get_current_comm(&who.comm, sizeof(who.comm));
    whobyreq.update(&key, &who);
    return 0;
}

TRACEPOINT_PROBE(block, block_rq_complete) {
    struct request_key key = { .dev = args->dev, .sector = args->sector };
    u64 *start = started.lookup(&key);
    struct who_t none = {}, *who = whobyreq.lookup(&key);
    struct val_t zero = {}, *val;

    if (!start)
        return 0;
    val = counts.lookup_or_try_init(who ? who : &none, &zero);
    if (val) {
        val->us += (bpf_ktime_get_ns() - *start) / 1000;
        val->bytes += args->nr_sector * 512ull;
        val->io++;
    }
    started.delete(&key);
    whobyreq.delete(&key);
    return 0;
}
"""

bpf = BPF(text=PROGRAM)
print("Tracing... Output every 1 secs. Hit Ctrl-C to end", flush=True)
try:
    while True:
        time.sleep(1)
        rows = sorted(bpf["counts"].items(), key=lambda row: row[1].bytes, reverse=True)
        print("%-7s %-16s %5s %7s %6s" % ("PID", "COMM", "I/O", "Kbytes", "AVGms"))
        for who, val in rows[:20]:
            average = val.us / 1000 / val.io
            print("%-7d %-16s %5d %7d %6.2f" % (who.pid, who.comm.decode(errors="replace"), val.io, val.bytes / 1024, average))
        bpf["counts"].clear()
except KeyboardInterrupt:
    pass
