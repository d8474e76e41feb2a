import { quoted } from './names.js';
import type { Table } from './table.js';

/** The column `ts` as a DateTime: where DateTime64 is unknown it holds nanoseconds since the epoch. */
export function timeExpression(table: Pick<Table, 'columns' | 'timeColumn'>): string {
  const name = quoted(table.timeColumn);
  const { type } = table.columns.find((column) => column.name === table.timeColumn)!.representation;
  return type === 'Int64' ? `toDateTime(intDiv(${name}, 1000000000), 'UTC')` : name;
}
