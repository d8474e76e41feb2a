import type { OptionValues, Schema } from '@skep/core';
import { capabilitiesOf, NEWEST } from './capabilities.js';
import { schemaScript } from './schema/script.js';
import { type tableOptions, tableSettings } from './table-options.js';

/** `schemaSql` of the sink: the script for these streams, with the table options of a configuration. */
export function schemaSql(
  schemas: readonly Schema[],
  options: OptionValues<typeof tableOptions>,
  version: string = NEWEST,
): string {
  return schemaScript(schemas, tableSettings(options), capabilitiesOf(version));
}
