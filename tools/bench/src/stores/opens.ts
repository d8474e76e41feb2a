import { BATCH_ROWS, type Batch, BatchBuilder, type Field, type Schema } from '@skep/core';

const NAMES = 40;
const FOLDERS = 500;

/** A schema like opensnoop's: eight numbers, a name, a path. */
export function opensSchema(): Schema {
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

/** A full batch, 5 microseconds between two rows: forty names, and paths of about 43 bytes of which half come once. */
export function opensBatch(schema: Schema, number: number): Batch {
  const builder = new BatchBuilder(schema, BATCH_ROWS);
  const start = BigInt(Date.now()) * 1_000_000n;
  for (let i = 0; i < BATCH_ROWS; i++) {
    const n = number * BATCH_ROWS + i;
    const scattered = Math.imul(n, 2_654_435_761) >>> 0;
    const file = i % 2 ? n : scattered % 20;
    builder.push({
      time: start + BigInt(n) * 5000n,
      uid: scattered % 7,
      pid: 1000 + (scattered % 3000),
      tid: 1000 + (scattered % 3000),
      fd: scattered % 13 === 0 ? -1 : 3 + (scattered % 50),
      flags: scattered % 3 ? 0o2000000 : 0o2100,
      err: scattered % 13 === 0 ? 2 : 0,
      mode: -1,
      comm: `process-${scattered % NAMES}`,
      path: `/var/lib/service/data/${scattered % FOLDERS}/segment-${file}.bin`,
    });
  }
  return builder.batch();
}
