import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { definePlugin, option, type SelfTestContext } from '@skep/core';
import object from './runqlat.bpf.js';

const CATS = 7;
const ECHOES = 5;

let cats: { readonly child: ChildProcess; readonly switches: number }[] = [];

/** A process that waits for each of our bytes, and then stays asleep: what it has waited by then is all. */
async function talkToCat({ sleep, signal }: SelfTestContext): Promise<(typeof cats)[number]> {
  const child = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
  for (let i = 0; i < ECHOES; i++) {
    child.stdin.write('.');
    await once(child.stdout, 'data', { signal });
  }
  for (let before = -1; ; ) {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const switches = [...status.matchAll(/ctxt_switches:\s*(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
    if (/^State:\s*S/m.test(status) && switches === before) return { child, switches };
    before = switches;
    await sleep(20);
  }
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
    workload: async (context) => {
      cats = [];
      for (let i = 0; i < CATS; i++) cats.push(await talkToCat(context));
    },
    /*
     * A wait before the first turn and one after each switch but the last. Not for every cat: on a 6.18 for micro
     * machines, switches away from the threads of one process never reach sched_switch (ftrace misses the same ones),
     * and a wait that ends with such a switch cannot be seen. That was one process in fifty.
     */
    expect: ({ latency = [] }) => {
      const seen = cats.map(({ child, switches }) => {
        child.kill();
        const own = latency.filter((row) => row.pid === child.pid && row.tid === child.pid && row.pidns > 0);
        return { switches, waits: own.reduce((sum, row) => sum + Number(row.count), 0) };
      });
      const exact = seen.filter(({ switches, waits }) => switches >= ECHOES && waits === switches).length;
      const right = exact > CATS / 2 && seen.every(({ switches, waits }) => waits <= switches);
      return right || seen.map(({ switches, waits }) => `${waits} waits, ${switches} switches`).join('; ');
    },
  },
});
