import { tokensOf } from '../sql/tokens.js';
import type { Edit } from './edited-text.js';

/** Columns that hold moments, in the tables of skep's own and in every stream's. */
const MOMENTS = new Set(['ts', 'since', 'started']);

/**
 * Edits that make a query of the library one for tables whose times are integers (servers before 20.1): there a moment
 * is nanoseconds since the epoch.
 */
export function wholeSeconds(sql: string): Edit[] {
  const edits: Edit[] = [];
  for (const { kind, start, end } of tokensOf(sql)) {
    const word = sql.slice(start, end);
    if (kind === 'word' && MOMENTS.has(word)) {
      edits.push({ start, end, text: `toDateTime(intDiv(${word}, 1000000000))` });
    }
  }
  return edits;
}
