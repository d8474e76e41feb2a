import { type Token, tokensOf } from './tokens.js';

/** What has to be known of a statement before it is run; everything else is for ClickHouse to say. */
export interface Statement {
  /** Without the semicolon at the end, and without the data of an INSERT. */
  readonly text: string;
  /**
   * `select`: rows that can be streamed; `show`: other statements that only read; `insert`: takes data, which is in
   * `data`, in a file, or comes separately; `write`: everything else.
   */
  readonly kind: 'select' | 'show' | 'insert' | 'write' | 'empty';
  /** Start of a second statement, which no ClickHouse runs over HTTP. */
  readonly second: number | undefined;
  readonly format: string | undefined;
  /** `INTO OUTFILE` would write a file of the engine's machine. */
  readonly hasOutfile: boolean;
  readonly insert: Insert | undefined;
}

/** Positions count in characters of `Statement.text`. */
export interface Insert {
  /** Where `FROM INFILE '...'` can be put. */
  readonly end: number;
  /** The string after `FROM INFILE`. */
  readonly infile: Token | undefined;
  readonly compression: Token | undefined;
  /** What follows `VALUES` or `FORMAT x`; the format is `Values` for the first. */
  readonly data: string;
}

/** Words that may stand between INSERT and the name of the table. */
const TARGET_WORDS = new Set(['INTO', 'TABLE', 'FUNCTION']);
const SHOWS = new Set(['SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', 'USE', 'KILL', 'CHECK']);

export function parseStatement(sql: string): Statement {
  const tokens = tokensOf(sql);
  const first = tokens.next();
  if (first.done)
    return { text: '', kind: 'empty', second: undefined, format: undefined, hasOutfile: false, insert: undefined };
  if (wordOf(sql, first.value) === 'INSERT') return parseInsert(sql, tokens);
  return parseOther(sql, first.value, tokens);
}

function wordOf(sql: string, token: Token): string {
  return token.kind === 'word' ? sql.slice(token.start, token.end).toUpperCase() : '';
}

function parseOther(sql: string, first: Token, tokens: Iterable<Token>): Statement {
  let kind = kindOf(sql, first);
  let format: string | undefined;
  let hasOutfile = false;
  let end = first.end;
  let second: number | undefined;
  let isClosed = false;
  let beforeLast = '';
  let before = wordOf(sql, first);
  for (const token of tokens) {
    const text = sql.slice(token.start, token.end);
    if (token.kind === 'symbol' && text === ';') {
      isClosed = true;
      continue;
    }
    if (isClosed) {
      second = token.start;
      break;
    }
    end = token.end;
    const word = wordOf(sql, token);
    // A column may be called `format`: the clause is the one that nothing but SETTINGS follows.
    if (before === 'FORMAT' && (token.kind === 'word' || token.kind === 'quoted')) format = text;
    else if (beforeLast === 'FORMAT' && word !== 'SETTINGS') format = undefined;
    if (before === 'INTO' && word === 'OUTFILE') hasOutfile = true;
    if (kind === 'select' && before === 'INSERT' && word === 'INTO') kind = 'write';
    beforeLast = before;
    before = word;
  }
  return { text: sql.slice(first.start, end), kind, second, format, hasOutfile, insert: undefined };
}

function kindOf(sql: string, first: Token): Statement['kind'] {
  const word = wordOf(sql, first);
  if (word === 'SELECT' || word === 'WITH' || word === 'FROM' || sql[first.start] === '(') return 'select';
  return SHOWS.has(word) ? 'show' : 'write';
}

/** INSERT INTO name [(columns)] [FROM INFILE '...' [COMPRESSION '...']] [SETTINGS ...] VALUES | FORMAT x | SELECT ... */
function parseInsert(sql: string, tokens: Iterator<Token>): Statement {
  const start = sql.search(/insert/i);
  let depth = 0;
  let end: number | undefined;
  let infile: Token | undefined;
  let compression: Token | undefined;
  let before = 'INSERT';
  let isTarget = true;
  const shift = (token: Token | undefined): Token | undefined =>
    token && { ...token, start: token.start - start, end: token.end - start };
  const statement = (textEnd: number, format: string | undefined, data: string): Statement => ({
    text: sql.slice(start, textEnd),
    kind: 'insert',
    second: undefined,
    format,
    hasOutfile: false,
    insert: {
      end: (end ?? textEnd) - start,
      infile: shift(infile),
      compression: shift(compression),
      data,
    },
  });
  let last = start;
  for (let next = tokens.next(); !next.done; next = tokens.next()) {
    const token = next.value;
    const text = sql.slice(token.start, token.end);
    if (text === '(') depth++;
    else if (text === ')') depth--;
    else if (text === ';' && depth === 0) {
      const rest = tokens.next();
      const insert = statement(last, undefined, '');
      return { ...insert, second: rest.done ? undefined : rest.value.start };
    }
    // The name of the table, and that of a database before it, may be any of the words below.
    const isName = before === '.' || (isTarget && !TARGET_WORDS.has(wordOf(sql, token)));
    if (isName) isTarget = false;
    const word = depth === 0 && !isName ? wordOf(sql, token) : '';
    if (word === 'SELECT' || word === 'WITH') {
      const whole = parseOther(sql, { kind: 'word', start, end: start + 'INSERT'.length }, tokensOf(sql, token.start));
      return { ...whole, kind: 'write' };
    }
    if (word === 'VALUES') {
      end ??= token.start;
      return statement(token.start, 'Values', sql.slice(token.end));
    }
    if (before === 'FORMAT') return statement(token.end, text, dataAfterFormat(sql, token.end));
    if (word === 'FROM' || word === 'SETTINGS' || word === 'FORMAT') end ??= token.start;
    if (before === 'INFILE' && token.kind === 'string') infile = token;
    if (before === 'COMPRESSION' && token.kind === 'string') compression = token;
    before = word !== '' ? word : text === '.' ? '.' : '';
    last = token.end;
  }
  return statement(last, undefined, '');
}

/** Blanks up to and with the first line end belong to the statement, not to the data. */
function dataAfterFormat(sql: string, at: number): string {
  return sql.slice(at).replace(/^[ \t\r]*;?[ \t\r]*\n?/, '');
}
