import { definePlugin, option, SkepError } from '@skep/core';
import object from './mysqld_qslower.bpf.js';

/** @throws SkepError SKEP_OPTION when it is no number of milliseconds. */
function nanoseconds(ms: string): bigint {
  if (/^\d+(\.\d+)?$/.test(ms)) return BigInt(Math.round(Number(ms) * 1e6));
  throw new SkepError('SKEP_OPTION', `option "min_ms" of mysqld_qslower: expected milliseconds, got "${ms}"`);
}

export default definePlugin({
  object,
  attach: [
    ['query_start', 'query_done'],
    { programs: ['maria_start', 'maria_done'], note: 'for MariaDB, which has no such probes; statements as text only' },
    { programs: ['mysql_start', 'mysql_done'], note: 'for MySQL 5.7 and later, the same' },
  ],
  streams: {
    queries: {
      doc: 'one query that took long enough',
      ring: 'events',
      banner: ({ pid, min_ms }) => {
        const what = min_ms === '0' ? '' : ` slower than ${min_ms} ms`;
        return `Tracing MySQL server queries for PID ${pid}${what}...`;
      },
      table: [
        { field: 'time', header: 'TIME(s)', width: -14, format: 'since', digits: 6 },
        { field: 'pid', width: -6 },
        { field: 'latency', header: 'MS', width: 8, format: 'scaled', divisor: 1e6, digits: 3 },
        { field: 'query' },
      ],
    },
  },
  options: {
    pid: option.pid('Process of the server'),
    min_ms: option.string('Shortest time shown, in milliseconds, such as 0.5; 0: all', {
      default: '1',
      resolve: nanoseconds,
    }),
    mysqld: option.binary('Program of the server', {
      flags: '--mysqld PATH',
      ofProcess: 'pid',
      defaultText: 'that of the process',
    }),
  },
  arguments: [{ option: 'pid', required: true }, { option: 'min_ms' }],
  selftest: {
    workload: ({ skip }) => skip('it needs a MySQL or MariaDB server'),
    expect: () => false,
  },
});
