import { type Batch, valueAt } from './batch.js';

const latin1 = new TextDecoder('latin1');

/**
 * A text for each row that is equal where the rows are equal in these columns (indexes), for maps by several columns.
 * Bytes are taken one by one, so that texts that are no UTF-8 stay apart.
 */
export function rowKeys(batch: Batch, columns: readonly number[]): string[] {
  const keys: string[] = new Array(batch.rows).fill('');
  for (const c of columns) {
    const column = batch.columns[c]!;
    for (let r = 0; r < batch.rows; r++) {
      const value = valueAt(column, r);
      const text = value instanceof Uint8Array ? latin1.decode(value) : String(value);
      // The length keeps ('ab', 'c') and ('a', 'bc') apart.
      keys[r] += `${text.length}:${text}`;
    }
  }
  return keys;
}
