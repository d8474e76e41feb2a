import type { BytesColumn, Column } from '@skep/core';

/** The column at `index`, which the schema says holds bytes. */
export function bytesColumn(columns: readonly Column[], index: number): BytesColumn {
  const column = columns[index]!;
  if (column.kind !== 'bytes') throw new TypeError(`column ${index} holds numbers, not bytes`);
  return column;
}
