import type { OptionValues, Schema } from '@skep/core';
import { capabilitiesOf, NEWEST } from './capabilities.js';
import { agentsSchema, lossesSchema } from './ledger/schemas.js';
import { schemaScript } from './schema/script.js';
import { type tableOptions, tableSettings } from './table-options.js';

/** `schemaSql` of the sink: the script for these streams and for the ledger, with the table options of a configuration. */
export function schemaSql(
  schemas: readonly Schema[],
  options: OptionValues<typeof tableOptions>,
  version: string = NEWEST,
): string {
  const ledger = [lossesSchema(''), agentsSchema()];
  return schemaScript([...schemas, ...ledger], tableSettings(options), capabilitiesOf(version));
}
