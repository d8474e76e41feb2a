import { BATCH_ROWS, type Batch, BatchBuilder, ByteBuffer, createWriter, type Field, type Schema } from '@skep/core';
import { BlockBuilder, capabilitiesOf, NEWEST, planTables } from '@skep/sink-clickhouse';
import type { Report } from '../report.js';
import { bestPeer, type Contender, inRounds } from '../rounds.js';
import type { Settings } from '../settings.js';
import { medianOf } from '../statistics.js';

/** What the sink seals at once. */
const BLOCK_BATCHES = 12;
const WARM_UP_BLOCKS = 5;
const NAMES = 40;

interface Encoder extends Contender {
  /** Encodes one block of batches and returns its bytes. */
  create(schema: Schema): (batches: readonly Batch[]) => number;
}

const encoders: readonly Encoder[] = [
  {
    name: 'Native block',
    isSkep: true,
    missing: () => undefined,
    create(schema) {
      const [table] = planTables(schema, { database: 'skep' }, capabilitiesOf(NEWEST));
      const builder = new BlockBuilder(table, { host: 'bench', boot: '0000000000000000' });
      return (batches) => {
        for (const batch of batches) builder.add(batch, 0n);
        const bytes = builder.take().reduce((sum, part) => sum + part.length, 0);
        builder.giveBack();
        return bytes;
      };
    },
  },
  {
    name: 'JSON lines',
    isSkep: false,
    missing: () => undefined,
    create(schema) {
      const writer = createWriter('json', schema);
      const out = new ByteBuffer();
      return (batches) => {
        let bytes = 0;
        for (const batch of batches) {
          writer.write(batch, out);
          bytes += out.length;
          out.clear();
        }
        return bytes;
      };
    },
  },
];

/** Columns to what is sent to a store: eight numbers, a name of forty, a path of 30 to 51 bytes. */
export async function blocks(settings: Settings): Promise<Report> {
  const schema = opens();
  const batches = Array.from({ length: BLOCK_BATCHES }, () => batchOf(schema));
  const rounds = Math.max(1, Math.round(settings.events / (BLOCK_BATCHES * BATCH_ROWS)));
  const results = await inRounds(encoders, settings, async (encoder) => {
    const encode = encoder.create(schema);
    for (let i = 0; i < Math.min(WARM_UP_BLOCKS, rounds); i++) encode(batches);
    const before = process.cpuUsage();
    let bytes = 0;
    for (let i = 0; i < rounds; i++) bytes += encode(batches);
    const { user, system } = process.cpuUsage(before);
    const rows = rounds * BLOCK_BATCHES * BATCH_ROWS;
    return { rows, bytesPerRow: bytes / rows, nsPerRow: ((user + system) * 1000) / rows };
  });
  const best = bestPeer(results, (result) => medianOf(result.rounds).nsPerRow);
  return {
    benchmark: 'blocks',
    workload: `${rounds} blocks of ${BLOCK_BATCHES * BATCH_ROWS} rows, median of ${settings.rounds}`,
    columns: [
      { name: 'name', title: 'encoding' },
      { name: 'rows', title: 'rows', digits: 0 },
      { name: 'bytesPerRow', title: 'bytes/row', digits: 0 },
      { name: 'nsPerRow', title: 'CPU ns/row', digits: 1 },
      { name: 'ratio', title: 'of JSON', digits: 2 },
    ],
    rows: results.map(({ contender: { name }, rounds: measured, note }) => {
      if (note !== undefined) return { name, note };
      const middle = medianOf(measured);
      return { name, ...middle, ratio: best === undefined ? undefined : middle.nsPerRow / best };
    }),
    notes: ['Encoding alone: no file is written and nothing is sent.'],
  };
}

function opens(): Schema {
  const field = (name: string, type: Field['type'], meaning?: string, size = 8): Field => ({
    name,
    type,
    meaning,
    doc: '',
    size,
    labels: undefined,
  });
  const fields = [
    field('time', 'u64', 'skep_ktime_t'),
    field('uid', 'u32'),
    field('pid', 'u32'),
    field('tid', 'u32'),
    field('fd', 'i32'),
    field('flags', 'u32'),
    field('err', 'u16'),
    field('mode', 'i16'),
    field('comm', 'bytes', 'skep_comm_t', 16),
    field('path', 'bytes', 'skep_path_t', 4096),
  ];
  const rest = { plugin: 'bench', source: 'bench', stream: 'opens', shape: 'events' } as const;
  return { ...rest, fields, keys: [], layout: { columns: [] } };
}

function batchOf(schema: Schema): Batch {
  const builder = new BatchBuilder(schema, BATCH_ROWS);
  for (let i = 0; i < BATCH_ROWS; i++) {
    builder.push({
      time: 1_769_860_800_000_000_000n + BigInt(i),
      uid: i % 7,
      pid: i,
      tid: i,
      fd: 3,
      flags: i,
      mode: -1,
      comm: `process-${((i * 7919) >>> 3) % NAMES}`,
      path: `/usr/lib/x86_64-linux-gnu/${'abcdefghijklmnopqrstuvwxyz'.slice(0, 5 + ((i * 31) % 22))}`,
    });
  }
  return builder.batch();
}
