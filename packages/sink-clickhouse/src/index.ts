export { type Capabilities, type Capability, capabilitiesOf, NEWEST } from './capabilities.js';
export type { Engine, InsertRequest, QueryParameters, SealedFile } from './engine.js';
export type { Identity } from './identity.js';
export { BlockBuilder } from './native/block-builder.js';
export { createDatabase, createStatements, insertSettings, tableReference } from './schema/create.js';
export { adoptColumns, alterStatements, type ExistingColumn, ttlStatements } from './schema/migrate.js';
export { checkCluster, checkDatabase, literal, quoted } from './schema/names.js';
export { planTables } from './schema/plan-table.js';
export type { AliasColumn, ClusterSettings, Column, Table, TableSettings } from './schema/table.js';
