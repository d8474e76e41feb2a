import { definePlugin, option } from '@skep/core';
import object from './opensnoop.bpf.js';

export default definePlugin({
  object,
  attach: [['openat_enter', 'openat_exit']],
  streams: {
    opens: {
      ring: 'events',
      table: [
        { field: 'pid', width: -6 },
        { field: 'comm', width: -16 },
        { field: 'fd', width: 4 },
        { field: 'err', width: 3 },
        'path',
      ],
    },
  },
  options: {
    failed: option.boolean('Only failures', { flags: '-x, --failed' }),
    pid: option.pid(),
  },
  selftest: {
    workload: () => undefined,
    expect: () => true,
  },
});
