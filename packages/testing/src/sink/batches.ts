import { type Batch, BatchBuilder, type Field, type Schema } from '@skep/core';
import { fieldOf, type MemberSpec } from '../layout.js';

const NUMBER: MemberSpec = { name: 'n' };
const TEXT: MemberSpec = { name: 'text', type: 'bytes', meaning: 'skep_text_t', size: 65536 };

/** A schema of these fields, for a stream of events unless said otherwise. */
export function schemaOf(stream: string, members: readonly MemberSpec[], rest: Partial<Schema> = {}): Schema {
  const fields: readonly Field[] = members.map(fieldOf);
  const columns = fields.map(({ name }) => ({ field: name }));
  return { plugin: 'tool', source: 'tool', stream, shape: 'events', fields, keys: [], layout: { columns }, ...rest };
}

export const COUNTED = schemaOf('counted', [NUMBER]);
export const OTHER = schemaOf('other', [NUMBER, { name: 'more', type: 'i16' }]);
export const TEXTS = schemaOf('texts', [NUMBER, TEXT]);
export const WIDE = schemaOf('wides', [
  { name: 'wide', type: 'u64' },
  { name: 'signed', type: 'i64' },
]);
export const SNAPSHOT = schemaOf('tops', [NUMBER], { shape: 'table', keys: ['n'] });

/** What comes from whoever is traced: text that would break lines, terminals, quoting and decoders. */
export const HOSTILE_TEXTS: readonly (string | Uint8Array)[] = [
  '',
  'line\nbreak\r\nand tab\t',
  '\x1b[2J\x1b]0;title\x07\x9b31m',
  '"quoted", \'quoted\', `and` \\ back\\slashes\\',
  '\u2028 \u2029 \u202e right to left \ufeff \u{1f41d}',
  'a=b,c="d" {"json": [1]} <&>',
  'NULL',
  '\0 NUL within',
  'x'.repeat(65_535),
  Uint8Array.of(0xff, 0xfe, 0x80, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0x0a, 0x1b),
];

/** The ends of both ranges, and the first integers that a double cannot hold. */
export const HOSTILE_WIDE: readonly { readonly wide: bigint; readonly signed: bigint }[] = [
  { wide: 0n, signed: -1n },
  { wide: 2n ** 53n + 1n, signed: -(2n ** 53n) - 1n },
  { wide: 2n ** 64n - 1n, signed: -(2n ** 63n) },
  { wide: 2n ** 63n, signed: 2n ** 63n - 1n },
];

/** A batch of plain rows. */
export function batchOf(schema: Schema, rows: readonly Readonly<Record<string, unknown>>[]): Batch {
  return builderOf(schema, rows).batch();
}

/** A batch, and a function that overwrites its memory as the next batch would. */
export function scrambledBatch(
  schema: Schema,
  rows: readonly Readonly<Record<string, unknown>>[],
): { readonly batch: Batch; scramble(): void } {
  const builder = builderOf(schema, rows);
  return {
    batch: builder.batch(),
    scramble() {
      for (const column of builder.columns) {
        if (column.kind === 'number') column.values.fill(0xee);
        else if (column.kind === 'wide') column.words.fill(0xeeeeeeee);
        else column.data.fill(0x23);
      }
    },
  };
}

function builderOf(schema: Schema, rows: readonly Readonly<Record<string, unknown>>[]): BatchBuilder {
  const builder = new BatchBuilder(schema, Math.max(rows.length, 1));
  for (const row of rows) builder.push(row);
  return builder;
}
