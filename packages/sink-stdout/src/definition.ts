import { readFileSync } from 'node:fs';
import { createWriter, defineSink, option, TEXT_FORMATS, type TextFormat } from '@skep/core';
import { standardOutput } from './output.js';
import { createStdoutSink, type StdoutOptions } from './stdout-sink.js';
import { streamOptions } from './stream-writers.js';

/** The sink `stdout`: `screen: { use: stdout, format: json }`. */
export default defineSink({
  options: {
    format: option.choice('How rows are written', TEXT_FORMATS, { default: 'table' }),
    fields: option.list('Only these columns, in this order', { defaultText: 'all' }),
    headers: option.boolean('Print header lines and banners', { default: true }),
    color: option.choice(
      'Colours; auto: on a terminal, unless NO_COLOR is set or TERM is dumb',
      ['auto', 'always', 'never'],
      {
        default: 'auto',
      },
    ),
  },
  check({ format, fields }, { schemas, areAllKnown }) {
    if (!areAllKnown) return;
    const optionsOf = streamOptions(schemas, fields ? { fields } : {});
    for (const schema of schemas) createWriter((format ?? 'table') as TextFormat, schema, optionsOf(schema));
  },
  create: ({ format, fields, headers, color }) =>
    createStdoutSink(standardOutput(), {
      format: (format ?? 'table') as TextFormat,
      color: (color ?? 'auto') as NonNullable<StdoutOptions['color']>,
      headers,
      loadavg,
      ...(fields ? { fields } : {}),
    }),
});

/** Read when a top tool's table is printed; a hidden /proc only leaves the numbers out. */
function loadavg(): string {
  try {
    return readFileSync('/proc/loadavg', 'latin1');
  } catch {
    return '';
  }
}
