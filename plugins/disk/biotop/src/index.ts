import { spawnSync } from 'node:child_process';
import { definePlugin, option } from '@skep/core';
import object from './biotop.bpf.js';

const READS = 41;
let submitter = { pid: 0, disk: '' };

export default definePlugin({
  object,
  attach: [
    ['io_start_btf', 'merge_btf', 'issue_btf', 'complete_btf'],
    ['getrq_btf', 'merge_btf', 'issue_btf', 'complete_btf'],
    ['io_start_raw', 'merge_raw', 'issue_raw', 'complete_raw'],
    ['getrq_raw', 'merge_raw', 'issue_raw', 'complete_raw'],
  ],
  interval: 1,
  streams: {
    counts: {
      snapshot: 'counts',
      doc: 'block I/O of one process, on one disk, in one direction',
      banner: 'Tracing... Hit Ctrl-C to end',
      clear: '!noclear',
      loadavg: true,
      computed: {
        kbytes: { type: 'u64', doc: 'KiB', from: (row) => BigInt(row.bytes!) / 1024n },
        avg_latency_ns: {
          type: 'u64',
          meaning: 'skep_duration_ns_t',
          doc: 'issue to completion, average',
          from: (row) => BigInt(row.total_latency_ns!) / BigInt(row.io_count!),
        },
      },
      sort: ({ sort }) => (sort === 'io' ? 'io_count' : sort === 'time' ? 'total_latency_ns' : 'bytes'),
      limit: ({ maxrows }) => maxrows,
      table: [
        { field: 'pid', width: -7 },
        { field: 'comm', width: -16 },
        { field: 'direction', header: 'D', width: 1 },
        { field: 'major', header: 'MAJ', width: -3 },
        { field: 'minor', header: 'MIN', width: -3 },
        { field: 'disk', width: -8, empty: '?' },
        { field: 'io_count', header: 'I/O', width: 5 },
        { field: 'kbytes', header: 'Kbytes', width: 7 },
        { field: 'avg_latency_ns', header: 'AVGms', width: 6, format: 'scaled', divisor: 1e6, digits: 2 },
      ],
    },
  },
  options: {
    noclear: option.boolean('Do not clear the screen', { flags: '-C, --noclear' }),
    maxrows: option.integer('Most rows', { flags: '-r N, --maxrows N', min: 1, default: 20 }),
    pid: option.pid('Only I/O submitted by this process'),
    cgroup: option.cgroup('Only I/O submitted by tasks below this cgroup v2 directory'),
    sort: option.choice('Largest first by this; all is bytes', ['all', 'io', 'bytes', 'time'], {
      flags: '-s KEY, --sort KEY',
      default: 'all',
    }),
  },
  selftest: {
    workload: ({ scratchDisk, skip }) => {
      const { name, path } = scratchDisk(READS * 4096);
      const dd = spawnSync('dd', [`if=${path}`, 'of=/dev/null', 'bs=4k', `count=${READS}`, 'iflag=direct']);
      if (dd.status !== 0) skip(`dd cannot read ${path}: ${dd.stderr}`);
      submitter = { pid: dd.pid, disk: name };
    },
    expect: ({ counts = [] }) => {
      const seen = counts.filter(({ pid, disk }) => pid === submitter.pid && disk === submitter.disk);
      const [row] = seen;
      const right = row?.comm === 'dd' && row.direction === 'R' && row.io_count === BigInt(READS);
      return (seen.length === 1 && right && row.kbytes === BigInt(READS * 4)) || `not one row of ${READS} reads by dd`;
    },
  },
});
