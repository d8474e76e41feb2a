import { stringLiteral } from '../sql/tokens.js';
import { isReadonly, type StoreRequest } from './request.js';

/** Most bytes of a result that has to be whole before its first byte is sent, such as one JSON document. */
const MAX_WHOLE_BYTES = 256 << 20;

/**
 * Statements that bring a new session into the state a request asks for. Settings are SET in a session that no other
 * request ever uses: in a shared one a leftover deduplication token would drop later inserts without an error.
 *
 * Parameters go the same way: the binding's own way sets them for the whole process, and two queries at a time would
 * read each other's.
 */
export function prelude(
  request: Pick<StoreRequest, 'id' | 'settings' | 'parameters' | 'database'>,
  isWhole: boolean,
): string {
  const statements = [`SET log_comment = ${stringLiteral(request.id)}`];
  const set = (name: string, value: string) => statements.push(`SET ${name} = ${stringLiteral(value)}`);
  for (const [name, value] of request.parameters) set(`param_${name}`, value);
  const { settings, database } = request;
  if (isWhole && !settings.has('max_result_bytes')) {
    set('max_result_bytes', String(MAX_WHOLE_BYTES));
    set('result_overflow_mode', 'throw');
  }
  for (const [name, value] of settings) if (name !== 'readonly') set(name, value);
  if (database !== undefined && database !== 'default') {
    statements.push(`USE \`${database.replace(/[\\`]/g, '\\$&')}\``);
  }
  // Last: nothing can be set behind it.
  if (isReadonly({ settings })) set('readonly', settings.get('readonly')!);
  return statements.join('; ');
}
