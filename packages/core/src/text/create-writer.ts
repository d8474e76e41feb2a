import { SkepError } from '../errors.js';
import type { Schema } from '../schema.js';
import { createCsvWriter } from './csv-writer.js';
import { HeadedStacksWriter } from './headed-stacks-writer.js';
import { HistogramWriter } from './histogram-writer.js';
import { createJsonWriter } from './json-writer.js';
import { createLogfmtWriter } from './logfmt-writer.js';
import { FoldedWriter, StacksWriter } from './stacks-writer.js';
import { createTableWriter } from './table-writer.js';
import type { BatchWriter } from './writer.js';
import type { WriterOptions } from './writer-options.js';

/** The text formats, as `-o` and the sinks' `format` option take them. */
export const TEXT_FORMATS = ['table', 'json', 'csv', 'logfmt', 'folded'] as const;

export type TextFormat = (typeof TEXT_FORMATS)[number];

/**
 * The writer for one stream in this format. Histograms and stacks in format `table` are drawn, unless `fields` asks for
 * columns; `folded` is for stacks alone.
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
    case 'folded': {
      const { stacks } = schema.layout;
      if (stacks) return new FoldedWriter(schema, stacks);
      throw new SkepError('SKEP_OPTION', `stream ${schema.stream} of ${schema.source} has no stacks to fold`);
    }
    case 'table': {
      const { histogram, stacks, json } = schema.layout;
      if (json) return createJsonWriter(schema, options);
      if (stacks && !options.fields) {
        if (stacks.isFolded) return new FoldedWriter(schema, stacks);
        const { above } = stacks;
        if (above !== undefined) return new HeadedStacksWriter(schema, stacks, above, options);
        return new StacksWriter(schema, stacks, options);
      }
      if (schema.shape !== 'histogram' || !histogram || options.fields) return createTableWriter(schema, options);
      return new HistogramWriter(schema, histogram, options);
    }
  }
}
