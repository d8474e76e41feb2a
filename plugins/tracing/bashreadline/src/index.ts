import { spawnSync } from 'node:child_process';
import { definePlugin, option } from '@skep/core';
import object from './bashreadline.bpf.js';

export default definePlugin({
  object,
  attach: [
    ['line_teardown'],
    { programs: ['line_readline'], note: 'the first line of a shell that waits for input already' },
  ],
  streams: {
    lines: {
      doc: 'one line that was typed',
      ring: 'events',
      table: [
        { field: 'time', width: -9, format: 'clock' },
        { field: 'pid', width: -7 },
        { field: 'comm', width: -16, when: ({ shared }) => shared !== '/bin/bash' },
        { field: 'command' },
      ],
    },
  },
  options: {
    shared: option.binary('Program or library with readline; without PATH libreadline', {
      flags: '-s PATH, --shared PATH',
      default: '/bin/bash',
      bare: 'libreadline',
    }),
    pid: option.pid('Only this shell'),
  },
  selftest: {
    workload: ({ skip }) => {
      const shell = spawnSync('script', ['-qec', 'bash --norc -i', '/dev/null'], {
        input: 'echo skep-42\nexit\n',
        env: { ...process.env, HISTFILE: '/dev/null' },
      });
      if (shell.error) skip('there is no script(1), which gives a shell a terminal');
    },
    expect: ({ lines }) => {
      const first = lines!.find(({ command }) => command === 'echo skep-42');
      const typed = lines!.filter(({ pid }) => pid === first?.pid).map(({ command }) => command);
      return typed.join() === 'echo skep-42,exit' || `of the shell was seen: ${typed.join()}`;
    },
  },
});
