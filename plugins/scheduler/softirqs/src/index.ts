import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { definePlugin, option } from '@skep/core';
import object from './softirqs.bpf.js';

const PACKETS = 997;

/** Each packet over the loopback device is a net_rx of its own, as the next is sent when it has come. */
async function sendPackets(): Promise<void> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  for (let i = 0; i < PACKETS; i++) {
    socket.send('x', port, '127.0.0.1');
    await once(socket, 'message');
  }
  socket.close();
}

export default definePlugin({
  object,
  attach: [
    { programs: ['entry_btf'], when: 'events' },
    { programs: ['entry_tp'], when: 'events' },
    { programs: ['entry_btf', 'exit_btf'], when: '!events' },
    { programs: ['entry_tp', 'exit_tp'], when: '!events' },
  ],
  streams: {
    totals: {
      doc: 'What ran of one vector in the interval.',
      snapshot: 'totals',
      when: '!dist',
      banner: ({ events }) => `Tracing soft irq ${events ? 'events' : 'event time'}... Hit Ctrl-C to end.`,
      sort: ({ events }) => (events ? 'count' : 'total_ns'),
      ascending: true,
      timestamp: 'timestamp',
      table: [
        { field: 'vec_name', header: 'SOFTIRQ', width: -16 },
        { field: 'count', header: 'TOTAL_count', width: 11, when: 'events' },
        { field: 'total_ns', header: 'TOTAL_nsecs', width: 11, when: 'nanoseconds' },
        {
          field: 'total_ns',
          header: 'TOTAL_usecs',
          width: 11,
          format: 'scaled',
          divisor: 1000,
          when: ({ events, nanoseconds }) => !events && !nanoseconds,
        },
      ],
    },
    dist: {
      doc: 'How long handlers of one vector ran in the interval.',
      snapshot: 'totals',
      when: 'dist',
      banner: 'Tracing soft irq event time... Hit Ctrl-C to end.',
      timestamp: 'timestamp',
      histogram: {
        low: 'low',
        high: 'high',
        count: 'count',
        unit: ({ nanoseconds }) => (nanoseconds ? 'nsecs' : 'usecs'),
        sections: [{ field: 'vec_name', label: 'softirq' }],
      },
    },
  },
  options: {
    timestamp: option.boolean('Print the time before each output', { flags: '-T, --timestamp' }),
    nanoseconds: option.boolean('Nanoseconds in place of microseconds', { flags: '-N, --nanoseconds' }),
    events: option.boolean('Number of events in place of their time', {
      flags: '-C, --events',
      conflicts: ['dist', 'nanoseconds'],
    }),
    dist: option.boolean('Histograms of the time', { flags: '-d, --dist' }),
    cpu: option.integer('Only this CPU', { flags: '-c CPU, --cpu CPU', max: 0x7fffffff, defaultText: 'all' }),
  },
  selftest: [
    {
      workload: sendPackets,
      expect: ({ totals }) =>
        totals!.some(
          (row) => row.vec_name === 'net_rx' && row.count >= PACKETS && row.total_ns >= row.max_ns && row.max_ns > 0n,
        ),
    },
    {
      name: '--events',
      options: { events: true },
      workload: sendPackets,
      expect: ({ totals }) => totals!.some((row) => row.vec_name === 'net_rx' && row.count >= PACKETS),
    },
    {
      name: '--dist',
      options: { dist: true, nanoseconds: true },
      workload: sendPackets,
      expect: ({ dist }) => {
        const packets = dist!.filter((row) => row.vec_name === 'net_rx').reduce((sum, row) => sum + row.count, 0n);
        return packets >= PACKETS || `${packets} of ${PACKETS} packets`;
      },
    },
    {
      name: '--cpu',
      options: { cpu: 4095 },
      workload: sendPackets,
      expect: ({ totals }) => totals!.length === 0,
    },
  ],
});
