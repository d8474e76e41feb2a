import { defineTracer, option } from '@skep/core';
import { selftest } from './selftest.js';
import { programOf, specifiersOf, TraceProbe } from './trace-probe.js';

export default defineTracer({
  options: {
    probes: option.texts('PROBE[(SIGNATURE)] [(PREDICATE)] ["FORMAT", VALUE, ...]'),
    buffer_pages: option.ringPages('events', 'Pages of each perf buffer per CPU, a power of two', {
      flags: '-b N, --buffer-pages N',
      default: 64,
    }),
    pid: option.pid('Only this process', { conflicts: ['tid'] }),
    tid: option.integer('Only this thread', {
      flags: '-L TID, --tid TID',
      min: 1,
      max: 0x7fffffff,
      defaultText: 'all',
    }),
    uid: option.user('Only this user', { flags: '--uid UID' }),
    verbose: option.boolean('Print the program on standard error', { flags: '-v, --verbose' }),
    string_size: option.integer('Bytes of a text', { flags: '-Z N, --string-size N', min: 1, max: 4096, default: 80 }),
    include_self: option.boolean('Also what skep itself does', { flags: '-S, --include-self' }),
    max_events: option.integer('Stop after so many', { flags: '-M N, --max-events N', min: 1, defaultText: 'endless' }),
    timestamp: option.boolean('Show the time since the first row', { flags: '-t, --timestamp' }),
    unix_timestamp: option.boolean('With -t: seconds since 1970', { flags: '-u, --unix-timestamp' }),
    time: option.boolean('Show the time of day', { flags: '-T, --time' }),
    print_cpu: option.boolean('Show the CPU', { flags: '-C, --print_cpu' }),
    cgroup_path: { ...option.cgroup(), flags: '-c PATH, --cgroup-path PATH' },
    name: option.string('Only processes whose name contains this', {
      flags: '-n NAME, --name NAME',
      defaultText: 'all',
    }),
    msg_filter: option.string('Only messages that contain this', {
      flags: '-f TEXT, --msg-filter TEXT',
      defaultText: 'all',
    }),
    bin_cmp: option.boolean('The text of STRCMP is bytes, and may hold \\x00', { flags: '-B, --bin_cmp' }),
    sym_file_list: option.list('Files to take the names in user stacks from, where build ids are equal', {
      flags: '-s FILE, --sym_file_list FILE',
    }),
    kernel_stack: option.boolean("Show the kernel's stack", { flags: '-K, --kernel-stack' }),
    user_stack: option.boolean("Show the program's stack", { flags: '-U, --user-stack' }),
    address: option.boolean('With -K and -U: addresses before the names', { flags: '-a, --address' }),
    include: option.texts('Header for the program, such as linux/fs.h', { flags: '-I HEADER, --include HEADER' }),
    aggregate: option.boolean('At the end, each message once with its count; see -M', { flags: '-A, --aggregate' }),
  },
  arguments: [{ option: 'probes', required: true }],
  streams: {
    events: {
      doc: 'one call, event, or pass of a probe',
      fields: {
        time: { type: 'u64', meaning: 'skep_ktime_t', doc: 'when' },
        cpu: { type: 'u32', doc: 'processor' },
        pid: { type: 'u32', doc: 'process' },
        tid: { type: 'u32', doc: 'thread' },
        comm: { type: 'bytes', meaning: 'skep_comm_t', doc: 'name of the thread' },
        func: { type: 'bytes', doc: 'function, event or probe' },
        message: { type: 'bytes', doc: 'as the format says; without one empty' },
        kernel_stack: {
          ...{ type: 'bytes', meaning: 'skep_frames', when: 'kernel_stack' },
          doc: 'functions of the kernel that led to it, root first',
        },
        user_stack: {
          ...{ type: 'bytes', meaning: 'skep_frames', when: 'user_stack' },
          doc: 'functions of the program that led to it, root first',
        },
        count: { type: 'u64', doc: 'how often, with aggregate', when: 'aggregate' },
      },
      table: [
        { field: 'time', header: 'TIME', width: -8, format: 'clock', when: 'time' },
        {
          field: 'time',
          header: 'TIME',
          width: -8,
          format: 'since',
          digits: 6,
          when: ({ timestamp, unix_timestamp }) => timestamp && !unix_timestamp,
        },
        {
          field: 'time',
          header: 'TIME',
          width: -17,
          format: 'scaled',
          divisor: 1e9,
          digits: 6,
          when: ({ timestamp, unix_timestamp }) => timestamp && unix_timestamp,
        },
        { field: 'cpu', header: 'CPU', width: -3, when: 'print_cpu' },
        { field: 'pid', width: -7 },
        { field: 'tid', width: -7 },
        { field: 'comm', width: -15 },
        { field: 'func', width: -16 },
        { field: 'count', width: -7, when: 'aggregate' },
        { field: 'message', header: '-', when: ({ probes }) => probes?.some((probe) => probe.includes('"')) ?? true },
        { field: 'kernel_stack', format: 'stack', when: 'kernel_stack' },
        { field: 'user_stack', format: 'stack', when: 'user_stack' },
      ],
    },
  },
  source: (options) => programOf(options, specifiersOf(options)).writer.text,
  probe: (request) => new TraceProbe(request),
  selftest,
});
