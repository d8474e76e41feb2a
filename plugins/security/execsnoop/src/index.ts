import { definePlugin, option, quoteRegex } from '@skep/core';
import object from './execsnoop.bpf.js';
import { selftest } from './selftest.js';

const FAILED = ['execve_failed', 'execveat_failed'];

export default definePlugin({
  object,
  attach: [
    { programs: ['exec_btf', ...FAILED], when: 'fails' },
    { programs: ['exec_raw', ...FAILED], when: 'fails' },
    { programs: ['exec_btf'], when: '!fails' },
    { programs: ['exec_raw'], when: '!fails' },
  ],
  streams: {
    execs: {
      doc: 'one program executed, or one call that failed',
      ring: 'events',
      table: [
        { field: 'time', header: 'TIME', width: -8, format: 'clock', when: 'time' },
        { field: 'time', header: 'TIME(s)', width: -7, format: 'since', digits: 3, when: 'timestamp' },
        { field: 'uid', width: -5, when: 'print_uid' },
        { field: 'comm', width: -16 },
        { field: 'pid', width: -7 },
        { field: 'pcomm', width: -16, when: 'print_pcomm' },
        { field: 'ppid', width: -7, empty: '?' },
        { field: 'cpu', width: -4, when: 'print_cpu' },
        { field: 'ret', width: 3 },
        { field: 'args', when: '!quote' },
        { field: 'args', format: 'quoted', when: 'quote' },
      ],
    },
  },
  options: {
    time: option.boolean('Show the time of day', { flags: '-T, --time' }),
    timestamp: option.boolean('Show the time since the first program', { flags: '-t, --timestamp' }),
    fails: option.boolean('Calls that failed too', { flags: '-x, --fails' }),
    cgroupmap: option.cgroupmap(),
    mntnsmap: option.mntnsmap(),
    uid: option.user('Only this user', { flags: '-u USER, --uid USER' }),
    quote: option.boolean('Each argument in double quotes', { flags: '-q, --quote' }),
    name: option.regex('Only programs whose name matches', {
      flags: '-n NAME, --name NAME',
      defaultText: 'all',
      where: (regex) => `comm =~ ${quoteRegex(regex)}`,
    }),
    line: option.regex('Only programs whose arguments, joined by blanks, match', {
      flags: '-l LINE, --line LINE',
      defaultText: 'all',
      where: (regex) => `args =~ ${quoteRegex(regex)}`,
    }),
    print_uid: option.boolean('Show the user', { flags: '-U, --print-uid' }),
    print_cpu: option.boolean('Show the processor', { flags: '-C, --print-cpu' }),
    print_pcomm: option.boolean("Show the parent's name", { flags: '-M, --print-pcomm' }),
    max_args: option.integer('Most arguments read, the file name included', {
      flags: '--max-args N',
      min: 1,
      max: 1024,
      default: 20,
    }),
    ppid: option.integer('Only children of this process', {
      flags: '-P PID, --ppid PID',
      min: 1,
      max: 0x7fffffff,
      defaultText: 'all',
    }),
    cgroup: option.cgroup(),
  },
  selftest,
});
