import { spawnSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { defineTracer, option } from '@skep/core';
import { SnapshotProbe } from '@skep/tracing';
import { CallCounts } from './call-counts.js';
import object from './funccount.bpf.js';

const options = {
  pattern: option.string('What to count: FN, LIB:FN, t:CATEGORY:EVENT or u:LIB:PROBE, with * for any characters'),
  pid: option.pid(),
  cpu: option.integer('Only on this CPU', { flags: '-c CPU, --cpu CPU', max: 65535, defaultText: 'all' }),
  interval: option.every('Time between outputs', { flags: '-i INTERVAL, --interval INTERVAL', defaultText: 'the end' }),
  duration: option.stopAfter('Stop after this time', {
    flags: '-d DURATION, --duration DURATION',
    defaultText: 'endless',
  }),
  timestamp: option.boolean('Show the time of each output', { flags: '-T, --timestamp' }),
  regexp: option.boolean('The name is a regular expression', { flags: '-r, --regexp' }),
  debug: option.boolean('Say what is attached', { flags: '-D, --debug' }),
};

export default defineTracer({
  object,
  options,
  arguments: [{ option: 'pattern', required: true }],
  streams: {
    counts: {
      doc: 'calls of one function, tracepoint or USDT probe in an interval',
      shape: 'table',
      fields: {
        time: { type: 'u64', meaning: 'skep_ktime_t', doc: 'end of the interval' },
        func: { type: 'bytes', doc: 'function, category:event or provider:probe' },
        count: { type: 'u64', doc: 'calls' },
      },
      keys: ['func'],
      table: [
        { field: 'func', header: 'FUNC', width: -36 },
        { field: 'count', header: 'COUNT', width: 8 },
      ],
      timestamp: 'timestamp',
    },
  },
  probe: (request) => new SnapshotProbe(request, new CallCounts(request, object, options)),
  selftest: [
    {
      name: 'tracepoints',
      options: { pattern: 't:sched:sched_process_*' },
      workload: () => {
        for (let i = 0; i < 9; i++) spawnSync('/bin/true');
      },
      expect: ({ counts }) => {
        const of = (event: string) => counts!.find(({ func }) => func === `sched:sched_process_${event}`)?.count ?? 0n;
        return (of('exec') >= 9n && of('exit') >= 9n) || `exec ${of('exec')}, exit ${of('exit')}, not 9 each`;
      },
    },
    {
      name: 'functions of a library',
      options: { pattern: 'c:getpp*', pid: process.pid },
      // Node.js asks the C library for it, and nothing else here does.
      workload: () => Array.from({ length: 7 }, () => process.ppid),
      expect: ({ counts }) =>
        counts!.some(({ func, count }) => func === 'getppid' && count === 7n) || JSON.stringify(counts!.length),
    },
    {
      name: 'functions of the kernel',
      options: { pattern: '^__(x64|arm64)_sys_getpriority$', regexp: true, pid: process.pid },
      workload: () => Array.from({ length: 7 }, () => getPriority()),
      expect: ({ counts }) => {
        const seen = counts!.map(({ func, count }) => `${func} ${count}`).join();
        return /^__\w+_sys_getpriority 7$/.test(seen) || seen;
      },
    },
  ],
});
