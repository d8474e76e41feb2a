import { type Schema, SkepError, suggest, type WriterOptions } from '@skep/core';

/** The writer options for a stream. */
export type StreamWriterOptions = (schema: Schema) => WriterOptions;

/**
 * `options` for each stream, with those of `options.fields` that it has: of several streams no one has all fields.
 *
 * @throws SkepError SKEP_OPTION for a name that no stream has, and for a stream that has none of the names.
 */
export function streamOptions(schemas: readonly Schema[], options: WriterOptions): StreamWriterOptions {
  const { fields, ...rest } = options;
  if (fields === undefined || schemas.length < 2) return () => options;
  const known = [...new Set(schemas.flatMap((schema) => schema.fields.map(({ name }) => name)))];
  for (const name of fields) {
    if (known.includes(name)) continue;
    throw new SkepError('SKEP_OPTION', `unknown field "${name}": no stream has it`, suggest(name, known));
  }
  return (schema) => {
    const own = fields.filter((name) => schema.fields.some((field) => field.name === name));
    if (own.length > 0) return { ...rest, fields: own };
    const names = schema.fields.map(({ name }) => name).join(', ');
    throw new SkepError(
      'SKEP_OPTION',
      `none of the fields ${fields.join(', ')} is in stream ${schema.stream} of ${schema.source}`,
      `add one of ${names}, or leave the stream out of the sink's from`,
    );
  };
}
