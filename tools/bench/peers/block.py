# SPDX-License-Identifier: Apache-2.0
"""What the two tools of block I/O share: the time each request was issued, by device and sector."""

STARTS = r"""
struct request_key { u64 dev, sector; };
BPF_HASH(started, struct request_key, u64, 10240);

TRACEPOINT_PROBE(block, block_rq_issue) {
    struct request_key key = { .dev = args->dev, .sector = args->sector };
    u64 now = bpf_ktime_get_ns();

    started.update(&key, &now);
    return 0;
}
"""
