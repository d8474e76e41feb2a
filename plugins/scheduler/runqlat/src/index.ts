import { spawnSync } from 'node:child_process';
import { definePlugin, option } from '@skep/core';
import object from './runqlat.bpf.js';

/** A shell that waits 31 times, and then becomes the process that says how often it left the CPU. */
const SCRIPT = 'i=0; while [ $i -lt 31 ]; do sleep 0.01; i=$((i+1)); done; exec cat /proc/self/status';
let pid = 0;
let switches = 0;

export default definePlugin({
  object,
  attach: [
    ['wakeup_btf', 'start_btf', 'switch_btf'],
    ['wakeup_raw', 'start_raw', 'switch_raw'],
  ],
  streams: {
    latency: {
      snapshot: 'latency',
      doc: 'waits of one length',
      banner: 'Tracing run queue latency... Hit Ctrl-C to end.',
      timestamp: 'timestamp',
      histogram: {
        low: 'lat_low',
        high: 'lat_high',
        count: 'count',
        unit: ({ milliseconds }) => (milliseconds ? 'msecs' : 'usecs'),
        sections: [
          { field: 'pid', when: 'pids' },
          { field: 'tid', when: 'tids' },
          { field: 'pidns', when: 'pidnss' },
        ],
      },
    },
  },
  options: {
    timestamp: option.boolean('Print the time before each output', { flags: '-T, --timestamp' }),
    milliseconds: option.boolean('Buckets in milliseconds', { flags: '-m, --milliseconds' }),
    pids: option.boolean('One histogram per process', { flags: '-P, --pids' }),
    pidnss: option.boolean('One histogram per PID namespace', { flags: '--pidnss' }),
    tids: option.boolean('One histogram per thread', { flags: '-L, --tids' }),
    pid: option.pid(),
    cgroup: option.cgroup(),
  },
  selftest: {
    options: { pids: true, tids: true, pidnss: true },
    workload: () => {
      const shell = spawnSync('sh', ['-c', SCRIPT], { encoding: 'utf8' });
      pid = shell.pid;
      switches = [...shell.stdout.matchAll(/ctxt_switches:\s*(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
    },
    /* A wait after each of the 31 sleeps, and as many more as the machine preempted; those after the report count too. */
    expect: ({ latency = [] }) => {
      const own = latency.filter((row) => row.pid === pid && row.tid === pid && row.pidns > 0);
      const waits = own.reduce((sum, row) => sum + Number(row.count), 0);
      return (waits >= 31 && waits < 2 * switches) || `${waits} waits, ${switches} switches`;
    },
  },
});
