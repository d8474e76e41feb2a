import { spawnSync } from 'node:child_process';
import { defineTracer, option, SkepError } from '@skep/core';
import { SnapshotProbe } from '@skep/tracing';
import { ArgCounts, programOf, specifiersOf } from './arg-counts.js';

type Options = { readonly count: readonly string[] | undefined; readonly histogram: readonly string[] | undefined };
const hasCounts = ({ count, histogram }: Options) => count !== undefined || histogram === undefined;
const isMany = ({ count, histogram }: Options) => (count?.length ?? 0) + (histogram?.length ?? 0) > 1;

const time = { type: 'u64', meaning: 'skep_ktime_t', doc: 'end of the interval' } as const;
const label = { type: 'bytes', doc: 'text after #, or the specifier' } as const;

export default defineTracer({
  options: {
    count: option.texts('Count by value: {p|r|t|u}:[LIB]:NAME(SIGNATURE)[:TYPES:EXPRESSIONS[:FILTER]][#LABEL]', {
      flags: '-C SPECIFIER, --count SPECIFIER',
    }),
    histogram: option.texts('The same as a histogram of one expression', {
      flags: '-H SPECIFIER, --histogram SPECIFIER',
    }),
    pid: option.pid(),
    tid: option.integer('Only this thread', {
      flags: '-t TID, --tid TID',
      min: 1,
      max: 0x7fffffff,
      defaultText: 'all',
    }),
    string_size: option.integer('Bytes of a text', { flags: '-z N, --string-size N', min: 1, max: 256, default: 80 }),
    interval: option.every('Time between outputs', { flags: '-i SECONDS, --interval SECONDS', default: 1000 }),
    number: option.outputs('Stop after so many outputs', { flags: '-n N, --number N', defaultText: 'endless' }),
    duration: option.stopAfter('Stop after this time', { flags: '-d TIME, --duration TIME', defaultText: 'endless' }),
    cumulative: option.boolean('Do not begin anew at each output', { flags: '-c, --cumulative' }),
    top: option.integer('Only so many rows of each specifier: those of the highest counts', {
      flags: '-T N, --top N',
      min: 1,
      defaultText: 'all',
    }),
    include: option.texts('Header for the program, such as linux/skbuff.h', { flags: '-I HEADER, --include HEADER' }),
    verbose: option.boolean('Print the program on standard error', { flags: '-v, --verbose' }),
  },
  streams: {
    counts: {
      doc: 'one value, and how often it was met in the interval',
      when: hasCounts,
      shape: 'table',
      fields: {
        time,
        label,
        event: { type: 'bytes', doc: 'the expressions with their values' },
        count: { type: 'u64', doc: 'how often' },
      },
      keys: ['label', 'event'],
      table: [{ field: 'label', width: -40, when: isMany }, { field: 'count', width: -10 }, { field: 'event' }],
      timestamp: () => true,
    },
    histograms: {
      doc: 'one bucket of a histogram',
      when: 'histogram',
      shape: 'histogram',
      fields: {
        time,
        label,
        low: { type: 'u64', doc: 'low end of the bucket' },
        high: { type: 'u64', doc: 'high end of the bucket, inclusive' },
        count: { type: 'u64', doc: 'values in the bucket' },
      },
      keys: ['label'],
      histogram: { low: 'low', high: 'high', count: 'count', unit: 'value', sections: [{ field: 'label' }] },
      timestamp: () => true,
    },
  },
  source: (options) => programOf(options, specifiersOf(options)).writer.text,
  probe: (request) => {
    const specifiers = specifiersOf(request.options);
    if (specifiers.length === 0) {
      throw new SkepError('SKEP_OPTION', 'argdist needs something to count', "such as -C 'p:c:write(int fd):int:fd'");
    }
    return new SnapshotProbe(request, new ArgCounts(request, specifiers));
  },
  selftest: [
    {
      name: 'tracepoints',
      options: { count: ['t:syscalls:sys_enter_kill():int:args->sig:args->pid == 999999999'] },
      workload: () => spawnSync('sh', ['-c', 'for i in 1 2 3 4 5; do kill -CONT 999999999; done']),
      expect: ({ counts }) =>
        counts!.some(({ event, count }) => event === 'args->sig = 18' && count === 5n) ||
        JSON.stringify(counts!.length),
    },
    {
      name: 'histogram',
      options: { histogram: ['t:syscalls:sys_enter_kill():u64:args->sig:args->pid == 999999998'] },
      workload: () => spawnSync('sh', ['-c', 'for i in 1 2 3; do kill -CONT 999999998; done']),
      expect: ({ histograms }) =>
        histograms!.some(({ low, high, count }) => low === 16n && high === 31n && count === 3n) ||
        `${histograms!.length} buckets`,
    },
  ],
});
