import { spawnSync } from 'node:child_process';
import { definePlugin, option, type SelfTestContext } from '@skep/core';
import object from './biolatency.bpf.js';

const NO_BIO = 'requests without a bio (SG_IO, NVMe admin commands) are not seen';

/** Only some submitters, or the time from their submission: both need to know of it. */
const needsSubmission = ({ queued, cgroup, pid }: { queued?: unknown; cgroup?: unknown; pid?: unknown }) =>
  queued === true || cgroup !== undefined || pid !== undefined;
const unit = ({ milliseconds }: { milliseconds?: unknown }) => (milliseconds ? 'msecs' : 'usecs');

const WRITES = 103;
let disk = '';

/** Direct writes to a new disk, of which there are no others: whatever looks at a new disk reads it. */
function workload({ scratchDisk, skip }: SelfTestContext) {
  const { name, path } = scratchDisk(WRITES * 4096);
  disk = name;
  const dd = spawnSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=4k', `count=${WRITES}`, 'oflag=direct']);
  if (dd.status !== 0) skip(`dd cannot write to ${path}: ${dd.stderr}`);
}

type Rows = Readonly<Record<string, readonly Readonly<Record<string, string | bigint>>[]>>;

/** The writes, all of them and once each: in the buckets, and in the count beside them. */
function expect({ latency = [], extension = [] }: Rows): true | string {
  const writes = (row: Rows[string][number]) => row.disk === disk && String(row.flags).endsWith('Write');
  const counts = [
    latency.map((row) => writes(row) && row.count),
    extension.map((row) => writes(row) && row.total_count),
  ].map((column) => column.reduce((sum: bigint, n) => sum + BigInt(n), 0n));
  return counts.every((n) => n === BigInt(WRITES)) || `${counts.join(' and ')} writes seen, not ${WRITES}`;
}

const options = { disks: true, flags: true, extension: true };

export default definePlugin({
  object,
  attach: [
    { programs: ['issue_btf', 'complete_btf'], when: (o) => !needsSubmission(o) },
    { programs: ['issue_raw', 'complete_raw'], when: (o) => !needsSubmission(o) },
    { programs: ['io_start_btf', 'merge_btf', 'issue_btf', 'complete_btf'], when: needsSubmission },
    { programs: ['getrq_btf', 'merge_btf', 'issue_btf', 'complete_btf'], when: needsSubmission, note: NO_BIO },
    { programs: ['io_start_raw', 'merge_raw', 'issue_raw', 'complete_raw'], when: needsSubmission },
    { programs: ['getrq_raw', 'merge_raw', 'issue_raw', 'complete_raw'], when: needsSubmission, note: NO_BIO },
  ],
  streams: {
    latency: {
      snapshot: 'latency',
      doc: 'requests of one latency',
      banner: 'Tracing block device I/O... Hit Ctrl-C to end.',
      timestamp: 'timestamp',
      json: 'json',
      histogram: {
        low: 'interval_start',
        high: 'interval_end',
        count: 'count',
        unit,
        sections: [
          { field: 'disk', when: 'disks' },
          { field: 'flags', when: 'flags' },
        ],
      },
    },
    extension: {
      snapshot: 'latency',
      doc: 'all requests of the interval together',
      when: 'extension',
      json: 'json',
      keyFields: { disk: 'disks', flags: 'flags' },
      computed: {
        avg: { type: 'u64', doc: 'average latency', from: (row) => BigInt(row.total!) / BigInt(row.total_count!) },
      },
      line: (o) =>
        `${o.disks ? 'disk = {disk}, ' : ''}${o.flags ? 'flags = {flags}, ' : ''}` +
        `avg = {avg} ${unit(o)}, total: {total} ${unit(o)}, count: {total_count}`,
    },
  },
  options: {
    timestamp: option.boolean('Print the time before each output', { flags: '-T, --timestamp' }),
    queued: option.boolean('From the submission of a request, not from its issue', { flags: '-Q, --queued' }),
    milliseconds: option.boolean('Buckets in milliseconds', { flags: '-m, --milliseconds' }),
    disks: option.boolean('One histogram per disk', { flags: '-D, --disks' }),
    flags: option.boolean('One histogram per operation and its flags', { flags: '-F, --flags' }),
    extension: option.boolean('Also average, total and count', { flags: '-e, --extension' }),
    json: option.boolean('Rows as JSON lines', { flags: '-j, --json' }),
    disk: option.disk(),
    cgroup: option.cgroup('Only requests submitted by tasks below this cgroup v2 directory'),
    pid: option.pid('Only requests submitted by this process'),
  },
  selftest: [
    { name: 'issued', options, workload, expect },
    { name: 'queued', options: { ...options, queued: true }, workload, expect },
  ],
});
