import { getPriority } from 'node:os';
import { defineTracer, option } from '@skep/core';
import { SnapshotProbe } from '@skep/tracing';
import object from './funclatency.bpf.js';
import { FunctionTimes, splitBy, unitOf } from './function-times.js';

const options = {
  pattern: option.string('Functions to measure: FN or LIB:FN, with * for any characters'),
  pid: option.pid(),
  interval: option.every('Time between outputs', { flags: '-i INTERVAL, --interval INTERVAL', defaultText: 'the end' }),
  duration: option.stopAfter('Stop after this time', {
    flags: '-d DURATION, --duration DURATION',
    defaultText: 'endless',
  }),
  timestamp: option.boolean('Show the time of each output', { flags: '-T, --timestamp' }),
  microseconds: option.boolean('In microseconds', { flags: '-u, --microseconds', conflicts: ['milliseconds'] }),
  milliseconds: option.boolean('In milliseconds', { flags: '-m, --milliseconds' }),
  function: option.boolean('A histogram for each function', { flags: '-F, --function' }),
  regexp: option.boolean('The name is a regular expression', { flags: '-r, --regexp' }),
  level: option.integer('Only calls of so many outermost levels, of those inside one another', {
    flags: '-l LEVEL, --level LEVEL',
    min: 1,
    max: 32,
    defaultText: 'all',
  }),
  cgroup: option.cgroup(),
  verbose: option.boolean('Say what is attached', { flags: '-v, --verbose' }),
};

const time = { type: 'u64', meaning: 'skep_ktime_t', doc: 'end of the interval' } as const;
const func = {
  type: 'bytes',
  doc: 'function; with function, or of a library without pid',
  when: (values: object) => splitBy(values as never).byFunction,
} as const;
const pid = {
  type: 'u32',
  doc: 'process; of a library without pid',
  when: (values: object) => splitBy(values as never).byPid,
} as const;

export default defineTracer({
  object,
  options,
  arguments: [{ option: 'pattern', required: true }],
  streams: {
    latency: {
      doc: 'one bucket of the histogram of times from entry to return',
      shape: 'histogram',
      fields: {
        ...{ time, func, pid },
        low: { type: 'u64', doc: 'low end of the bucket' },
        high: { type: 'u64', doc: 'high end of the bucket, inclusive' },
        count: { type: 'u64', doc: 'calls' },
      },
      keys: ['func', 'pid'],
      histogram: {
        ...{ low: 'low', high: 'high', count: 'count' },
        unit: (values) => unitOf(values).name,
        sections: [
          { field: 'func', label: 'Function', when: (values) => splitBy(values).byFunction },
          { field: 'pid', when: (values) => splitBy(values).byPid },
        ],
      },
      timestamp: 'timestamp',
    },
    totals: {
      doc: 'all calls of the interval together, in the unit of the histogram',
      shape: 'table',
      fields: {
        ...{ time, func, pid },
        avg: { type: 'u64', doc: 'average' },
        total: { type: 'u64', doc: 'sum' },
        count: { type: 'u64', doc: 'calls' },
      },
      keys: ['func', 'pid'],
      line: (values) => {
        const { byFunction, byPid } = splitBy(values);
        const { name } = unitOf(values);
        const whose = `${byFunction ? '{func}' : ''}${byPid ? ' [{pid}]' : ''}${byFunction ? ': ' : ''}`;
        return `${whose}avg = {avg} ${name}, total: {total} ${name}, count: {count}`;
      },
    },
  },
  probe: (request) => new SnapshotProbe(request, new FunctionTimes(request, object, options)),
  selftest: [
    {
      name: 'functions of a library',
      options: { pattern: 'c:getppid', pid: process.pid, function: true },
      // Node.js asks the C library for it, and nothing else here does.
      workload: () => Array.from({ length: 7 }, () => process.ppid),
      expect: ({ latency, totals }) => {
        const calls = latency!.reduce((sum, { count }) => sum + count, 0n);
        const [all] = totals!;
        return (calls === 7n && all?.count === 7n && all.func === 'getppid') || `${calls} calls, not 7`;
      },
    },
    {
      name: 'functions of the kernel',
      options: { pattern: '__*64_sys_getpriority', pid: process.pid, function: true },
      workload: () => Array.from({ length: 7 }, () => getPriority()),
      expect: ({ totals }) => {
        const seen = totals!.map(({ func, count }) => `${func} ${count}`).join();
        return /^__\w+_sys_getpriority 7$/.test(seen) || seen;
      },
    },
  ],
});
