import { meanings as builtin } from '../meanings/index.js';
import type { Schema } from '../schema.js';
import { encode } from './ascii.js';
import { selectFields } from './fields.js';
import { QuotedStyle } from './quoted-style.js';
import { RowWriter } from './row-writer.js';
import { textIn } from './text-in.js';
import { valueCell } from './value-cell.js';
import type { BatchWriter } from './writer.js';
import type { WriterOptions } from './writer-options.js';

/**
 * CSV of RFC 4180, a header line first; lines end with a line feed, and a value never holds one.
 *
 * Values are those of JSON. Texts and lists are escaped by the rule of `QuotedStyle`, so that every byte comes back.
 * Snapshots that are missing keys look like others: the columns are fixed.
 *
 * @throws SkepError SKEP_OPTION when `options.fields` names a field the schema does not have.
 */
export function createCsvWriter(schema: Schema, options: WriterOptions = {}): BatchWriter {
  const { meanings = builtin, tag = false, headers = true } = options;
  const fields = selectFields(schema, options.fields);
  // A line without anything on it is no record to most readers.
  const style = new QuotedStyle({ special: ',', beforeQuote: '"', quoteEmpty: fields.length === 1 && !tag });
  const value = (text: string) => textIn(style, text);
  const names = [...(tag ? ['source', 'stream'] : []), ...fields.map(({ field }) => field.name)];
  const open = tag ? `${value(schema.source)},${value(schema.stream)},` : '';
  return new RowWriter({
    header: encode(headers ? `${names.map(value).join(',')}\n` : ''),
    prefixes: fields.map((_, i) => encode(i === 0 ? open : ',')),
    cells: fields.map(({ field }) => valueCell(field, { meanings, style, quoteTimes: false, numbers: true })),
    indexes: fields.map(({ index }) => index),
    end: encode('\n'),
    endIncomplete: encode('\n'),
  });
}
