import { definePlugin, option, quoteText } from '@skep/core';
import { FLAGS, flagBits } from './flags.js';
import object from './opensnoop.bpf.js';
import { selftest } from './selftest.js';

export default definePlugin({
  object,
  attach: [
    ['open_exit?', 'creat_exit?', 'openat_exit', 'openat2_exit'],
    { programs: ['open_fexit'], note: 'for kernels without system call tracepoints; sees 32-bit programs too' },
    { programs: ['open_kprobe', 'open_kretprobe'], note: 'as fexit, at a higher cost' },
  ],
  streams: {
    opens: {
      doc: 'one call of open, creat, openat or openat2',
      ring: 'events',
      fields: { callers: 'callers' },
      table: [
        { field: 'time', header: 'TIME(s)', width: -13, format: 'since', digits: 9, when: 'timestamp' },
        { field: 'uid', width: -5, when: 'print_uid' },
        { field: 'pid', width: -6, when: '!tid' },
        { field: 'tid', width: -6, when: 'tid' },
        { field: 'comm', width: -16 },
        { field: 'fd', width: 4 },
        { field: 'err', width: 3 },
        { field: 'flags', width: -8, format: 'octal', pad: 8, when: 'extended_fields' },
        { field: 'mode', width: -4, format: 'octal', pad: 4, empty: 'n/a', emptyIs: -1, when: 'extended_fields' },
        { field: 'path' },
        { field: 'callers', format: 'stack', when: 'callers' },
      ],
    },
  },
  options: {
    timestamp: option.boolean('Show the time since the first call', { flags: '-T, --timestamp' }),
    print_uid: option.boolean('Show the user', { flags: '-U, --print-uid' }),
    failed: option.boolean('Only calls that failed', { flags: '-x, --failed' }),
    pid: option.pid(),
    tid: option.integer('Only this thread; wins over pid', {
      flags: '-t TID, --tid TID',
      min: 1,
      max: 0x7fffffff,
      defaultText: 'all',
    }),
    cgroupmap: option.cgroupmap(),
    mntnsmap: option.mntnsmap(),
    uid: option.user('Only this user', { flags: '-u UID, --uid UID' }),
    duration: option.stopAfter('Stop after this time', { flags: '-d S, --duration S', defaultText: 'endless' }),
    name: option.string('Only processes whose name contains this', {
      flags: '-n NAME, --name NAME',
      defaultText: 'all',
      where: (name) => `comm contains ${quoteText(name)}`,
    }),
    extended_fields: option.boolean('Show flags and mode', { flags: '-e, --extended_fields' }),
    flag_filter: option.list('Only calls with any of these flags', {
      flags: '-f FLAG, --flag_filter FLAG',
      choices: Object.keys(FLAGS),
      defaultText: 'all',
      resolve: flagBits,
    }),
    full_path: option.boolean('Show paths from the root, links and descriptors resolved', {
      flags: '-F, --full-path',
    }),
    buffer_pages: option.ringPages('events', 'Pages of the ring buffer, a power of two', {
      flags: '-b N, --buffer-pages N',
      default: 1024,
    }),
    callers: option.boolean('Show the functions of the program that led to each call', { flags: '-c, --callers' }),
    exec: option.command('Run this command and trace it alone', {
      flags: '--exec CMD',
      conflicts: ['pid', 'tid'],
    }),
  },
  selftest,
});
