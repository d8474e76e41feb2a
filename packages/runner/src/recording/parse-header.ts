import { z } from 'zod';
import type { FormatVersion } from './format.js';
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
/** Stacks are read as words. */
const word = count.refine((offset) => offset % 4 === 0);
const stack = z.object({ half: z.enum(['kernel', 'user']), pidOffset: word }).optional();
const layout = z
  .object({
    size: count,
    members: z.array(z.object({ field, offset: count, stack })).max(4096),
    histograms: z.array(count).max(16),
  })
  .refine(({ size, members }) => members.every(({ field: { size: bytes }, offset }) => offset + bytes <= size))
  .refine(({ size, members }) => members.every((member) => isStackIn(size, member)));
const stream = z.object({
  stream: text,
  kind: z.enum(['events', 'table', 'histogram', 'stacks', 'rows']),
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
  kernel: text.optional(),
  user: text.optional(),
  count: text.optional(),
  isDelimited: z.boolean().optional(),
  isAnnotated: z.boolean().optional(),
  text: z.enum(['names', 'places', 'addresses', 'offsets', 'raw-names', 'raw-offsets']).optional(),
});
const header = z.object({
  version: z.literal([1, 2]),
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
        streams: z.array(stream.refine(isSound)).max(64),
      }),
    )
    .max(256),
});

function isStackIn(size: number, { offset, stack: of }: { offset: number; stack?: z.infer<typeof stack> }): boolean {
  return of === undefined || (offset % 4 === 0 && offset + 8 <= size && of.pidOffset + 4 <= size);
}

type Stream = z.infer<typeof stream>;

/** Whether it has what its kind needs, and columns for what is decoded. */
function isSound(one: Stream): boolean {
  const types = decodedTypes(one);
  const { kind, fields, slotsAt, value, count: weight } = one;
  if (!types || types.some((type, i) => fields[i]?.type !== type)) return false;
  if (kind === 'histogram') return slotsAt !== undefined && slotsAt + 64 * 8 <= value!.size;
  if (kind === 'stacks') return value!.members.some(({ field: { name, type } }) => name === weight && type === 'u64');
  return true;
}

/** Types of the columns that decoders fill, those of plugins left out; undefined when a layout is missing. */
function decodedTypes({ kind, record, key, value }: Stream): string[] | undefined {
  const typesOf = (members: z.infer<typeof layout>['members']) => members.map(({ field: { type } }) => type);
  if (kind === 'rows') return [];
  if (kind === 'events') return record && typesOf(record.members);
  if (!key || !value) return undefined;
  if (kind === 'histogram') return ['u64', ...typesOf(key.members), 'u64', 'u64', 'u64'];
  if (kind === 'table') return ['u64', ...typesOf(key.members), ...typesOf(value.members)];
  return ['u64', ...typesOf(key.members.filter((member) => !member.stack)), 'bytes', ...typesOf(value.members)];
}

/**
 * @param version what the magic text says
 * @throws SkepError SKEP_RECORDING when the header is not one that this skep writes.
 */
export function parseHeader(path: string, version: FormatVersion, data: Buffer): RecordingHeader {
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch {
    throw recordingError(path, 'its header cannot be read');
  }
  const result = header.safeParse(value);
  if (!result.success || result.data.version !== version)
    throw recordingError(path, 'its header is not one that this skep knows', 'update skep');
  return result.data as unknown as RecordingHeader;
}
