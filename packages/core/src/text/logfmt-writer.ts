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
 * `key=value` pairs separated by blanks, one line per row; values in double quotes when they hold a blank, `=`, a quote
 * or anything but plain ASCII. Values are those of JSON, escaped by the rule of `QuotedStyle`. Rows of a snapshot that
 * is missing keys end with `incomplete=true`.
 *
 * @throws SkepError SKEP_OPTION when `options.fields` names a field the schema does not have.
 */
export function createLogfmtWriter(schema: Schema, options: WriterOptions = {}): BatchWriter {
  const { meanings = builtin, tag = false } = options;
  const fields = selectFields(schema, options.fields);
  const style = new QuotedStyle({ special: ' =', beforeQuote: '\\', quoteEmpty: true });
  const open = tag ? `source=${textIn(style, schema.source)} stream=${textIn(style, schema.stream)} ` : '';
  return new RowWriter({
    header: encode(''),
    prefixes: fields.map(({ field }, i) => encode(`${i === 0 ? open : ' '}${field.name}=`)),
    cells: fields.map(({ field }) => valueCell(field, { meanings, style, quoteTimes: false, numbers: true })),
    indexes: fields.map(({ index }) => index),
    end: encode('\n'),
    endIncomplete: encode(' incomplete=true\n'),
  });
}
