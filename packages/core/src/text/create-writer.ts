import type { Schema } from '../schema.js';
import { createCsvWriter } from './csv-writer.js';
import { HistogramWriter } from './histogram-writer.js';
import { createJsonWriter } from './json-writer.js';
import { createLogfmtWriter } from './logfmt-writer.js';
import { createTableWriter } from './table-writer.js';
import type { BatchWriter } from './writer.js';
import type { WriterOptions } from './writer-options.js';

/** The text formats, as `-o` and the sinks' `format` option take them. */
export const TEXT_FORMATS = ['table', 'json', 'csv', 'logfmt'] as const;

export type TextFormat = (typeof TEXT_FORMATS)[number];

/**
 * The writer for one stream in this format. Histograms in format `table` are drawn, unless `fields` asks for columns.
 *
 * A writer keeps state between batches (the first row's time, texts of the last values): one for each stream of each
 * output, and not shared.
 *
 * @throws SkepError SKEP_OPTION when `options.fields` names a field the schema does not have, with the nearest it has.
 */
export function createWriter(format: TextFormat, schema: Schema, options: WriterOptions = {}): BatchWriter {
  switch (format) {
    case 'json':
      return createJsonWriter(schema, options);
    case 'csv':
      return createCsvWriter(schema, options);
    case 'logfmt':
      return createLogfmtWriter(schema, options);
    case 'table': {
      const { histogram, json } = schema.layout;
      if (json) return createJsonWriter(schema, options);
      if (schema.shape !== 'histogram' || !histogram || options.fields) return createTableWriter(schema, options);
      return new HistogramWriter(schema, histogram, options);
    }
  }
}
