import { nearest, type SkepError, type SourceLocation, suggest } from '@skep/core';
import { faultOf } from '../engine/fault.js';
import { StoreError, said, shown, storeError } from '../engine/store-error.js';
import { QueryError } from './mistakes.js';
import { tokenAt, wordPlace } from './place.js';

/** What is known of the statement that failed. */
export interface Asked {
  /** As the user wrote it. */
  readonly text: string;
  readonly origin: string;
  readonly database: string;
  readonly write: boolean;
  /** Position in `text` of a character of what was sent. */
  original(position: number): number;
  /** What was sent. */
  readonly sent: string;
}

/** Names that a mistake may have meant; asked for only when there is one. */
export interface Names {
  tables(): Promise<readonly string[]>;
  columns(): Promise<readonly string[]>;
}

const UNKNOWN_TABLE = [/Unknown table expression identifier '([^']+)'/, /Table (\S+) (?:doesn't|does not) exist/];
const UNKNOWN_COLUMN = [
  /Unknown (?:expression |expression or function )?identifier:? [`']([^`']+)[`']/,
  /Unknown identifier:? (\w+)/,
  /Missing columns: '([^']+)'/,
];
const UNKNOWN_FUNCTION = [/Unknown (?:aggregate )?function (\w+)/, /Function with name [`']([^`']+)[`']/];
const UNKNOWN_DATABASE = [/Database (\S+) (?:doesn't|does not) exist/];

/** Kinds of trouble that are the store's and not the statement's. */
const OF_THE_STORE = new Set(['network', 'busy', 'memory', 'space', 'access', 'settings', 'transit', 'parts']);

/** Whatever a statement ended with, as an error that says where the mistake is and what may have been meant. */
export async function queryError(store: string, cause: unknown, asked: Asked, names: Names): Promise<SkepError> {
  const failure = storeError(store, cause);
  const code = failure.exception;
  if (code === undefined) return failure;
  const text = cause instanceof StoreError ? cause.message : String((cause as { message?: string }).message ?? cause);
  switch (code) {
    case 62:
      return syntaxError(text, asked);
    case 60:
      return tableError(text, asked, names, cause);
    case 47:
      return columnError(text, asked, names, cause);
    case 46: {
      const name = lastPart(firstOf(UNKNOWN_FUNCTION, text) ?? '');
      return new QueryError(
        `there is no function "${name}"`,
        meant(text),
        wordPlace(asked.text, asked.origin, name),
        cause,
      );
    }
    case 81: {
      const name = firstOf(UNKNOWN_DATABASE, text) ?? asked.database;
      const remedy =
        name.replace(/^`|`$/g, '') === asked.database
          ? 'nothing has been stored yet, or the sink has another database: --database NAME'
          : '';
      return new QueryError(
        `there is no database "${name.replace(/^`|`$/g, '')}" in ${store}`,
        remedy,
        undefined,
        cause,
      );
    }
    case 164:
      if (asked.write) return failure;
      return new QueryError(
        'the statement changes something, and only reading is allowed',
        'add --write',
        undefined,
        cause,
      );
  }
  if (OF_THE_STORE.has(faultOf(code, text))) return failure;
  return new QueryError(`${store}: ${shown(said(text))} (code ${code})`, '', undefined, cause);
}

/** Positions count bytes from 1; the end of the statement is one behind it. */
function syntaxError(text: string, asked: Asked): SkepError {
  const at = Number(/failed at position (\d+)/.exec(text)?.[1] ?? 0);
  const expected = /Expected one of: (.*?)(?:\s\([A-Z_]+\)\s*)?$/s.exec(said(text).trim())?.[1] ?? '';
  const reason =
    /(?:^|\. |: )((?:Single|Double|Back) ?quoted? string is not closed|Unmatched parentheses|Multi-statements are not allowed|Multiline comment is not closed)/i.exec(
      text,
    )?.[1];
  if (at === 0) return new QueryError(shown(said(text)), '', undefined);
  const position = Buffer.from(asked.sent)
    .subarray(0, at - 1)
    .toString().length;
  const original = asked.original(position);
  const location = tokenAt(asked.text, asked.origin, Math.min(original, asked.text.trimEnd().length));
  const found = asked.text.slice(original).trim() === '' ? 'the end of the statement' : undefined;
  const word = found ?? `"${location.text.slice(location.column - 1, location.column - 1 + location.length)}"`;
  const message = reason
    ? `syntax error: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`
    : `syntax error at ${word}`;
  return new QueryError(message, reason ? '' : expectation(expected.replace(/\.$/, ''), found ? '' : word), location);
}

/** Of a list of thirty things only the one that the word is near to is of use. */
function expectation(list: string, word: string): string {
  const items = list.split(', ').filter((item) => item !== '' && item !== 'token');
  const near = nearest(word.replace(/"/g, '').toUpperCase(), items);
  if (near !== undefined) return `did you mean ${near}?`;
  return items.length > 0 && items.length <= 6 ? `expected ${items.join(', ')}` : '';
}

async function tableError(text: string, asked: Asked, names: Names, cause: unknown): Promise<SkepError> {
  const full = (firstOf(UNKNOWN_TABLE, text) ?? '').replace(/`/g, '').replace(/\.$/, '');
  const name = lastPart(full);
  const tables = await names.tables().catch(() => []);
  const remedy = tables.length === 0 ? 'nothing has been stored yet' : suggest(name, tables);
  return new QueryError(`there is no table "${name}"`, remedy, placeOf(asked, name), cause);
}

async function columnError(text: string, asked: Asked, names: Names, cause: unknown): Promise<SkepError> {
  const name = lastPart(firstOf(UNKNOWN_COLUMN, text)?.replace(/`/g, '') ?? '');
  if (name === '') return new QueryError(shown(said(text)), '', undefined, cause);
  const columns = await names.columns().catch(() => []);
  return new QueryError(`there is no column "${name}"`, suggest(name, columns), placeOf(asked, name), cause);
}

function placeOf(asked: Asked, name: string): SourceLocation | undefined {
  return wordPlace(asked.text, asked.origin, name);
}

function firstOf(patterns: readonly RegExp[], text: string): string | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Servers know near names of functions themselves. */
function meant(text: string): string {
  const names = /Maybe you meant: \[([^\]]*)\]/i.exec(text)?.[1];
  return names === undefined ? '' : `did you mean ${names.replace(/'/g, '"')}?`;
}
