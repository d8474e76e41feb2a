import { SkepError, suggest } from '../errors.js';
import type { Field, Schema } from '../schema.js';

/** A field of a schema and where its column is. */
export interface FieldAt {
  readonly field: Field;
  readonly index: number;
}

/**
 * The fields of these names in that order; all fields without names.
 *
 * @throws SkepError SKEP_OPTION for a name the schema does not have, with the nearest it has.
 */
export function selectFields(schema: Schema, names: readonly string[] | undefined): readonly FieldAt[] {
  const all = schema.fields.map((field, index) => ({ field, index }));
  return names === undefined ? all : names.map((name) => findField(schema, name));
}

/** @throws SkepError SKEP_OPTION as `selectFields`. */
export function findField(schema: Schema, name: string): FieldAt {
  const index = schema.fields.findIndex((field) => field.name === name);
  const field = schema.fields[index];
  if (field) return { field, index };
  const names = schema.fields.map((other) => other.name);
  throw new SkepError('SKEP_OPTION', `unknown field "${name}" of ${schema.plugin}`, suggest(name, names));
}
