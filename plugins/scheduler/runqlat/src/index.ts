import { spawnSync } from 'node:child_process';
import { definePlugin, option } from '@skep/core';
import object from './runqlat.bpf.js';

const RUNS = 5;
const SLEEPS = 5;
/** A shell that sleeps, and then becomes the process that says how often it left the CPU until then. */
const SCRIPT = `i=0; while [ $i -lt ${SLEEPS} ]; do sleep 0.01; i=$((i+1)); done; exec cat /proc/self/status`;

let runs: readonly { readonly pid: number; readonly switches: number }[] = [];

function runShell(): (typeof runs)[number] {
  const { pid, stdout } = spawnSync('sh', ['-c', SCRIPT], { encoding: 'utf8' });
  return { pid, switches: [...stdout.matchAll(/ctxt_switches:\s*(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0) };
}

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
      runs = Array.from({ length: RUNS }, runShell);
    },
    /*
     * A wait before the first turn and one after each switch away; a few more between the report and the end, where
     * the machine preempts. Not in every run: there are kernels on which switches away from some threads never reach
     * sched_switch (a 6.18 for micro machines; ftrace misses the same ones), and a wait that ends with such a switch
     * cannot be seen. That was one run of this kind in a hundred.
     */
    expect: ({ latency = [] }) => {
      const seen = runs.map(({ pid, switches }) => {
        const own = latency.filter((row) => row.pid === pid && row.tid === pid && row.pidns > 0);
        return { switches, waits: own.reduce((sum, row) => sum + Number(row.count), 0) };
      });
      const exact = seen.filter(({ switches, waits }) => waits > switches && waits < 2 * switches).length;
      const right = exact > RUNS / 2 && seen.every(({ waits }) => waits >= SLEEPS);
      return right || seen.map(({ switches, waits }) => `${waits} waits, ${switches} switches`).join('; ');
    },
  },
});
