import { lookup } from 'node:dns/promises';
import { definePlugin, option } from '@skep/core';
import object from './gethostlatency.bpf.js';

const table = [
  { field: 'time', width: -9, format: 'clock' },
  { field: 'pid', width: -7 },
  { field: 'comm', width: -16 },
  { field: 'lat_ns', header: 'LATms', width: 10, format: 'scaled', divisor: 1e6, digits: 2 },
  { field: 'host' },
] as const;

export default definePlugin({
  object,
  attach: [['getaddrinfo', 'gethostbyname', 'gethostbyname2'].flatMap((name) => [`${name}_enter?`, `${name}_exit?`])],
  streams: { lookups: { doc: 'A lookup that returned.', ring: 'events', table } },
  options: {
    pid: option.pid(),
    libc: option.binary('C library to trace', { flags: '-l PATH, --libc PATH', defaultText: 'the one skep uses' }),
  },
  selftest: {
    workload: () => Promise.all(Array.from({ length: 7 }, () => lookup('localhost'))),
    expect: ({ lookups }) => lookups!.filter((row) => row.pid === process.pid && row.host === 'localhost').length === 7,
  },
});
