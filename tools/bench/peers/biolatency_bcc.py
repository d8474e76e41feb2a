#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""biolatency of BCC on the tracepoints of the block layer: where the tool finds no kprobes, a stand-in of its shape."""
import time

from bcc import BPF
from block import STARTS

PROGRAM = STARTS + r"""
BPF_HISTOGRAM(dist, int);

TRACEPOINT_PROBE(block, block_rq_complete) {
    struct request_key key = { .dev = args->dev, .sector = args->sector };
    u64 *start = started.lookup(&key);

    if (!start)
        return 0;
    dist.increment(bpf_log2l((bpf_ktime_get_ns() - *start) / 1000));
    started.delete(&key);
    return 0;
}
"""

bpf = BPF(text=PROGRAM)
print("Tracing block device I/O... Hit Ctrl-C to end.", flush=True)
try:
    time.sleep(99999999)
except KeyboardInterrupt:
    bpf["dist"].print_log2_hist("usecs")
