import { SkepError, type SourceLocation, suggest } from '@skep/core';
import { parseStatement, type Statement } from '../sql/statement.js';
import { tokensOf } from '../sql/tokens.js';
import { placeIn } from './place.js';

/** A statement that is wrong. */
export class QueryError extends SkepError {
  constructor(message: string, remedy: string, location: SourceLocation | undefined, cause?: unknown) {
    super('SKEP_QUERY', message, remedy, { cause, ...(location ? { location } : {}) });
  }
}

/** Words that a statement begins with. */
const FIRST_WORDS = new Set(
  (
    'SELECT WITH FROM SHOW DESCRIBE DESC EXPLAIN EXISTS USE KILL CHECK INSERT CREATE ALTER DROP TRUNCATE RENAME OPTIMIZE ' +
    'ATTACH DETACH SET SYSTEM GRANT REVOKE DELETE UPDATE EXCHANGE UNDROP BACKUP RESTORE MOVE WATCH VALUES BEGIN COMMIT ROLLBACK'
  ).split(' '),
);

/**
 * One statement, without what follows its semicolon.
 *
 * @throws SkepError SKEP_QUERY when there is none, more than one, or one that no ClickHouse knows: the embedded engine
 *   would call that a change.
 */
export function oneStatement(text: string, origin: string): Statement {
  const statement = parseStatement(text);
  if (statement.kind === 'empty') throw new QueryError('there is no statement', '', undefined);
  if (statement.second !== undefined) {
    const location = placeIn(text, origin, statement.second, statement.second + 1);
    throw new QueryError('a second statement', 'run one at a time', location);
  }
  const [first] = tokensOf(text);
  const word = text.slice(first!.start, first!.end);
  if (first!.kind !== 'symbol' && !FIRST_WORDS.has(word.toUpperCase())) {
    const near = suggest(word.toUpperCase(), [...FIRST_WORDS]);
    const location = placeIn(text, origin, first!.start, first!.end);
    throw new QueryError(`"${word}" begins no statement`, near.startsWith('did') ? near : '', location);
  }
  return statement;
}
