import { meanings as builtin } from '../meanings/index.js';
import type { Schema } from '../schema.js';
import { encode } from './ascii.js';
import { selectFields } from './fields.js';
import { JsonStyle } from './json-style.js';
import { RowWriter } from './row-writer.js';
import { textIn } from './text-in.js';
import { valueCell } from './value-cell.js';
import type { BatchWriter } from './writer.js';
import type { WriterOptions } from './writer-options.js';

/**
 * One JSON object per line, valid for whatever bytes the columns hold.
 *
 * Integers are numerals with all their digits, 64-bit ones too: a reader that keeps numbers as doubles rounds those
 * above 2^53. Enum labels, times (ISO 8601, UTC, nine decimals) and meanings of kind `text` are strings, lists arrays
 * of strings. A text that is not UTF-8 has U+FFFD in it and is followed by `<field>_base64` with the exact bytes.
 * Rows of a snapshot that is missing keys end with `"incomplete":true`.
 *
 * @throws SkepError SKEP_OPTION when `options.fields` names a field the schema does not have.
 */
export function createJsonWriter(schema: Schema, options: WriterOptions = {}): BatchWriter {
  const { meanings = builtin, tag = false } = options;
  const fields = selectFields(schema, options.fields);
  const json = (text: string) => textIn(new JsonStyle(text), text);
  const source = `"source":${json(schema.source)},"stream":${json(schema.stream)}`;
  const open = tag ? `{${source},` : '{';
  return new RowWriter({
    header: encode(''),
    prefixes: fields.map(({ field }, i) => encode(`${i === 0 ? open : ','}${json(field.name)}:`)),
    cells: fields.map(({ field }) =>
      valueCell(field, { meanings, style: new JsonStyle(field.name), quoteTimes: true, numbers: true }),
    ),
    indexes: fields.map(({ index }) => index),
    end: encode(fields.length === 0 ? `{${tag ? source : ''}}\n` : '}\n'),
    endIncomplete: encode(fields.length === 0 ? `{${tag ? source : ''}}\n` : ',"incomplete":true}\n'),
  });
}
