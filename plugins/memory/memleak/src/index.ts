import { definePlugin, option } from '@skep/core';
import { RingProbe, SnapshotProbe } from '@skep/tracing';
import { LeakPrograms } from './leak-programs.js';
import object from './memleak.bpf.js';
import { OutstandingSource } from './outstanding-source.js';
import { selftest } from './selftest.js';

const options = {
  pid: option.pid('Memory of this process; without it that of the kernel', { defaultText: 'the kernel' }),
  command: option.command('Run it, and trace it', { flags: '-c CMD, --command CMD', conflicts: ['pid'] }),
  trace: option.boolean('Each allocation and each free as it happens, in place of reports', { flags: '-t, --trace' }),
  show_allocs: option.boolean('List the allocations above the stacks', {
    flags: '-a, --show-allocs',
    conflicts: ['combined_only', 'trace'],
  }),
  older: option.integer('Only allocations that are at least so many milliseconds old', {
    flags: '-o MS, --older MS',
    default: 500,
  }),
  combined_only: option.boolean('Totals alone are kept, of young allocations too: cheaper for very many', {
    flags: '--combined-only',
    conflicts: ['trace'],
  }),
  wa_missing_free: option.boolean(
    'An address of the kernel that is given out again was freed, though nothing said so',
    {
      flags: '--wa-missing-free',
      conflicts: ['pid', 'command'],
    },
  ),
  sample_rate: option.integer('Only about one in so many allocations', {
    flags: '-s N, --sample-rate N',
    min: 1,
    max: 0xffffffff,
    default: 1,
  }),
  top: option.integer('Stacks of a report, the largest', { flags: '-T N, --top N', min: 1, default: 10 }),
  min_size: option.integer('Only allocations of at least so many bytes', {
    flags: '-z BYTES, --min-size BYTES',
    defaultText: 'all',
  }),
  max_size: option.integer('Only allocations of at most so many bytes', {
    flags: '-Z BYTES, --max-size BYTES',
    defaultText: 'all',
  }),
  obj: option.string('Library or file that holds the allocator', { flags: '-O LIB, --obj LIB', default: 'c' }),
  symbols_prefix: option.string('What its functions have before their names, such as je_', {
    flags: '--symbols-prefix PREFIX',
    defaultText: 'nothing',
  }),
  percpu: option.boolean("The kernel's per-CPU memory, in place of slabs and pages", {
    flags: '--percpu',
    conflicts: ['pid', 'command'],
  }),
  sort: option.choice('What makes a stack large; growth: bytes since the last report', ['size', 'count', 'growth'], {
    flags: '--sort ORDER',
    default: 'size',
  }),
  max_allocs: option.mapEntries('allocs', 'Most allocations outstanding at one time', {
    flags: '--max-allocs N',
    default: 262_144,
  }),
};

const time = { type: 'u64', meaning: 'skep_ktime_t', doc: 'when it was read' } as const;
const pid = { type: 'u32', doc: 'process; 0: the kernel' } as const;
const comm = { type: 'bytes', meaning: 'skep_comm_t', doc: 'its name' } as const;
const allocator = { type: 'bytes', doc: 'function that allocated' } as const;

const bannerOf = (who: number | undefined) =>
  `Attaching to ${who === undefined ? 'kernel allocators' : `pid ${who}`}, Ctrl+C to quit.`;
const headingOf = (top: number | undefined) => `Top ${top} stacks with outstanding allocations:`;

export default definePlugin({
  object,
  attach: [],
  options,
  interval: 5,
  streams: {
    trace: {
      doc: 'one call that allocates or frees, with trace',
      ring: 'events',
      when: 'trace',
      banner: (values) => bannerOf(values.pid),
      table: [
        { field: 'comm', width: -16 },
        { field: 'pid', width: -7 },
        { field: 'cpu', width: -3 },
        { field: 'time', header: 'TIME(s)', width: -14, format: 'since', digits: 6 },
        { field: 'event', width: -13 },
        { field: 'allocator', width: -16 },
        { field: 'size', width: -10 },
        { field: 'address', format: 'hex' },
      ],
    },
    allocations: {
      doc: 'one allocation that is outstanding, with show_allocs',
      shape: 'table',
      when: 'show_allocs',
      fields: {
        ...{ time, pid, comm, allocator },
        address: { type: 'u64', doc: 'where it is; of pages, their struct page' },
        size: { type: 'u64', doc: 'bytes' },
        age: { type: 'u64', meaning: 'skep_duration_ns_t', doc: 'since it was made' },
      },
      keys: ['pid', 'address'],
      banner: (values) => bannerOf(values.pid),
      heading: ({ top }) => headingOf(top),
      table: [{ field: 'address', format: 'hex' }, 'size'],
      line: () => '\taddr = {address} size = {size}',
    },
    outstanding: {
      doc: 'what one stack has allocated and nobody has freed',
      shape: 'stacks',
      when: ({ trace }) => !trace,
      fields: {
        ...{ time, pid, comm, allocator },
        frames: { type: 'bytes', meaning: 'skep_frames', doc: 'functions, from the outermost to the innermost' },
        bytes: { type: 'u64', meaning: 'skep_max_t', doc: 'bytes outstanding' },
        count: { type: 'u64', meaning: 'skep_max_t', doc: 'allocations outstanding' },
        gained: { type: 'i64', doc: 'bytes more than at the last report' },
        oldest: {
          type: 'u64',
          meaning: 'skep_duration_ns_t',
          doc: 'age of the oldest',
          when: ({ combined_only }) => !combined_only,
        },
      },
      keys: ['pid', 'comm', 'allocator', 'frames'],
      banner: ({ pid: who, show_allocs }) => (show_allocs ? '' : bannerOf(who)),
      heading: ({ top, show_allocs }) => (show_allocs ? '' : headingOf(top)),
      stacks: {
        ...{ frames: 'frames', count: 'bytes', unit: 'bytes', name: 'comm', id: 'pid', isLevel: true },
        above: '\t{bytes} bytes in {count} allocations from stack',
      },
    },
  },
  probe: (request) => {
    const programs = new LeakPrograms(request, object, options);
    if (request.options.trace) return new RingProbe(request, programs, programs.object, 'events');
    return new SnapshotProbe(request, new OutstandingSource(request, programs));
  },
  selftest,
});
