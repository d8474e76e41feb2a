import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { definePlugin, option, type SelfTestContext } from '@skep/core';
import object from './tcplife.bpf.js';

/** What the self-test's sessions carry, in bytes; primes. */
const UP = 37;
const DOWN = 204_803;
const PORT = 48_131;

const isWide = ({ wide, csv }: { wide: boolean; csv: boolean }) => wide || csv;
const isNarrow = (options: { wide: boolean; csv: boolean }) => !isWide(options);
const kilobytes = { format: 'scaled', divisor: 1024 } as const;

/** One session over the loopback device: both of its ends are this process. */
async function session(host: '127.0.0.1' | '::1', { skip, signal, sleep }: SelfTestContext): Promise<void> {
  const server = createServer((socket) => socket.resume().end(Buffer.alloc(DOWN)));
  server.listen(PORT, host);
  await once(server, 'listening').catch((error: Error) => skip(error.message));
  const client = connect(PORT, host).resume().end(Buffer.alloc(UP));
  await once(client, 'close');
  await once(server.close(), 'close');
  // Closed here is not closed in the kernel yet: on a busy machine the last packet may still be on its way.
  while (isOpen(host) && !signal.aborted) await sleep(10);
}

/** As the kernel writes addresses in /proc/net, and states: little-endian words. */
const ADDRESSES = {
  '127.0.0.1': ['tcp', '0100007F'],
  '::1': ['tcp6', '00000000000000000000000001000000'],
} as const;
const TIME_WAIT = '06';

/** Whether the kernel still has one end of a session, which has not seen its last packet. */
function isOpen(host: keyof typeof ADDRESSES): boolean {
  const [table, address] = ADDRESSES[host];
  const end = `${address}:${PORT.toString(16).toUpperCase()}`;
  return readFileSync(`/proc/net/${table}`, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/ +/))
    .some(([, local, remote, state]) => (local === end || remote === end) && state !== TIME_WAIT);
}

async function bothFamilies(context: SelfTestContext): Promise<void> {
  await session('127.0.0.1', context);
  await session('::1', context);
}

// biome-ignore lint/suspicious/noExplicitAny: rows of a self-test
const isClient = (row: any) => row.rport === PORT && row.tx_bytes === BigInt(UP) && row.rx_bytes === BigInt(DOWN);
// biome-ignore lint/suspicious/noExplicitAny: rows of a self-test
const isServer = (row: any) => row.lport === PORT && row.tx_bytes === BigInt(DOWN) && row.rx_bytes === BigInt(UP);

export default definePlugin({
  object,
  attach: ['state_btf', 'state_raw', 'state_kprobe'].map((program) => [program, 'accept_exit?', 'accept4_exit?']),
  streams: {
    sessions: {
      doc: 'A session that ended.',
      ring: 'events',
      delimited: 'csv',
      table: [
        { field: 'time', width: -8, format: 'clock', when: 'time' },
        { field: 'time', header: 'TIME(s)', width: -9, format: 'since', digits: 6, when: 'timestamp' },
        { field: 'pid', width: -5 },
        { field: 'comm', width: -10, max: 10, when: isNarrow },
        { field: 'comm', width: -16, when: isWide },
        { field: 'ip_version', header: 'IP', width: -2, when: isWide },
        { field: 'laddr', width: -15, when: isNarrow },
        { field: 'laddr', width: -26, when: isWide },
        { field: 'lport', width: -5 },
        { field: 'raddr', width: -15, when: isNarrow },
        { field: 'raddr', width: -26, when: isWide },
        { field: 'rport', width: -5 },
        { field: 'tx_bytes', header: 'TX_KB', width: 5, ...kilobytes, when: isNarrow },
        { field: 'tx_bytes', header: 'TX_KB', width: 6, ...kilobytes, when: isWide },
        { field: 'rx_bytes', header: 'RX_KB', width: 5, ...kilobytes, when: isNarrow },
        { field: 'rx_bytes', header: 'RX_KB', width: 6, ...kilobytes, when: isWide },
        { field: 'duration_ns', header: 'MS', width: 0, format: 'scaled', divisor: 1e6, digits: 2 },
      ],
    },
  },
  options: {
    time: option.boolean('Add the time of day', { flags: '-T, --time' }),
    timestamp: option.boolean('Add seconds since the first line', { flags: '-t, --timestamp' }),
    wide: option.boolean('Wide columns, for IPv6 addresses', { flags: '-w, --wide' }),
    csv: option.boolean('Comma-separated values', { flags: '-s, --csv' }),
    pid: option.pid(),
    localport: option.integers('Only these local ports', {
      flags: '-L PORTS, --localport PORTS',
      min: 1,
      max: 65535,
      defaultText: 'all',
    }),
    remoteport: option.integers('Only these remote ports', {
      flags: '-D PORTS, --remoteport PORTS',
      min: 1,
      max: 65535,
      defaultText: 'all',
    }),
    ipv4: option.boolean('Only IPv4', { flags: '-4, --ipv4', conflicts: ['ipv6'] }),
    ipv6: option.boolean('Only IPv6', { flags: '-6, --ipv6', conflicts: ['ipv4'] }),
  },
  selftest: [
    {
      workload: (context) => session('127.0.0.1', context),
      expect: ({ sessions }) => {
        const own = sessions!.filter((row) => row.pid === process.pid && row.laddr === '127.0.0.1');
        return own.length === 2 && own.some(isClient) && own.some(isServer);
      },
    },
    {
      name: '--ipv6 --localport',
      options: { ipv6: true, localport: [PORT, 1], pid: process.pid },
      workload: bothFamilies,
      expect: ({ sessions }) => sessions!.length === 1 && isServer(sessions![0]) && sessions![0].raddr === '::1',
    },
    {
      name: '--ipv4 --remoteport',
      options: { ipv4: true, remoteport: [PORT], pid: process.pid },
      workload: bothFamilies,
      expect: ({ sessions }) => sessions!.length === 1 && isClient(sessions![0]),
    },
  ],
});
