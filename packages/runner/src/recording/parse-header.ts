import { z } from 'zod';
import type { RecordingHeader } from './header.js';
import { recordingError } from './recording-error.js';

const text = z.string().max(65_536);
const count = z
  .number()
  .int()
  .min(0)
  .max(2 ** 20);
const field = z.object({
  name: text,
  type: z.enum(['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'bool', 'bytes']),
  doc: text,
  size: count,
  meaning: text.optional(),
  labels: z
    .array(z.tuple([z.number(), text]))
    .max(65_536)
    .optional(),
});
const layout = z
  .object({
    size: count,
    members: z.array(z.object({ field, offset: count })).max(4096),
    histograms: z.array(count).max(16),
  })
  .refine(({ size, members }) => members.every(({ field: { size: bytes }, offset }) => offset + bytes <= size));
const stream = z.object({
  stream: text,
  kind: z.enum(['events', 'table', 'histogram']),
  shape: z.enum(['events', 'table', 'histogram', 'stacks']),
  keys: z.array(text).max(64),
  layout: z.looseObject({ columns: z.array(z.looseObject({ field: text })).max(4096) }),
  fields: z.array(field).max(4096),
  record: layout.optional(),
  key: layout.optional(),
  value: layout.optional(),
  isArray: z.boolean().optional(),
  sort: text.optional(),
  ascending: z.boolean().optional(),
  limit: count.optional(),
  slotsAt: count.optional(),
});
const header = z.object({
  version: z.literal(1),
  startedMs: z.number(),
  kernel: text,
  sources: z
    .array(
      z.object({
        name: text,
        plugin: text,
        package: text,
        version: text,
        options: z.record(z.string(), z.unknown()),
        filters: z.array(text).max(64),
        streams: z.array(stream.refine(hasItsLayouts)).max(64),
      }),
    )
    .max(256),
});

function hasItsLayouts({ kind, record, key, value, slotsAt }: z.infer<typeof stream>): boolean {
  if (kind === 'events') return record !== undefined;
  if (!key || !value) return false;
  return kind === 'table' || (slotsAt !== undefined && slotsAt + 64 * 8 <= value.size);
}

/** @throws SkepError SKEP_RECORDING when the header is not one that this skep writes. */
export function parseHeader(path: string, data: Buffer): RecordingHeader {
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch {
    throw recordingError(path, 'its header cannot be read');
  }
  const result = header.safeParse(value);
  if (!result.success) throw recordingError(path, 'its header is not one that this skep knows', 'update skep');
  return result.data as unknown as RecordingHeader;
}
