import { BATCH_ROWS, type Batch, ByteBuffer, createWriter, type Schema } from '@skep/core';
import { BlockBuilder, capabilitiesOf, NEWEST, planTables } from '@skep/sink-clickhouse';
import type { Report } from '../report.js';
import { bestPeer, type Contender, inRounds } from '../rounds.js';
import type { Settings } from '../settings.js';
import { medianOf } from '../statistics.js';
import { opensBatch, opensSchema } from '../stores/opens.js';

/** What the sink seals at once. */
const BLOCK_BATCHES = 12;
const WARM_UP_BLOCKS = 5;

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

/** Columns to what is sent to a store: eight numbers, a name of forty, a path of about 43 bytes. */
export async function blocks(settings: Settings): Promise<Report> {
  const schema = opensSchema();
  const batches = Array.from({ length: BLOCK_BATCHES }, (_, n) => opensBatch(schema, n));
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
