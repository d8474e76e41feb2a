/** A piece of SQL between blanks and comments. Positions count in characters of the text. */
export interface Token {
  /** `word`: a bare identifier, keyword or number; `broken`: a string or comment that never ends. */
  readonly kind: 'word' | 'string' | 'quoted' | 'symbol' | 'broken';
  readonly start: number;
  readonly end: number;
}

const BLANK = /\s+|--[^\n]*|#[! ][^\n]*|\/\*[\s\S]*?\*\//y;
// Unrolled: a choice for every character would exhaust the stack of the matcher on a long string.
const STRING = /'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/y;
const QUOTED = /"[^"\\]*(?:(?:\\[\s\S]|"")[^"\\]*)*"|`[^`\\]*(?:(?:\\[\s\S]|``)[^`\\]*)*`/y;
const HEREDOC = /\$(\w*)\$[\s\S]*?\$\1\$/y;
const WORD = /[\p{L}\p{N}_$]+/uy;

/**
 * The tokens of `sql` from `from` on, read as ClickHouse's own lexer reads them. Lazily: what follows `VALUES` or
 * `FORMAT x` of an INSERT is data and no SQL.
 */
export function* tokensOf(sql: string, from = 0): Generator<Token> {
  for (let at = from; at < sql.length; ) {
    const blank = matchAt(BLANK, sql, at);
    if (blank > at) {
      at = blank;
      continue;
    }
    const token = tokenAt(sql, at);
    yield token;
    at = token.end;
  }
}

function tokenAt(sql: string, start: number): Token {
  const read = (kind: Token['kind'], pattern: RegExp): Token | undefined => {
    const end = matchAt(pattern, sql, start);
    return end > start ? { kind, start, end } : undefined;
  };
  const first = sql[start]!;
  if (first === "'") return read('string', STRING) ?? broken(sql, start);
  if (first === '"' || first === '`') return read('quoted', QUOTED) ?? broken(sql, start);
  if (sql.startsWith('/*', start)) return broken(sql, start);
  return (
    read('string', HEREDOC) ??
    read('word', WORD) ?? { kind: 'symbol', start, end: start + characterAt(sql, start).length }
  );
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

function broken(sql: string, start: number): Token {
  return { kind: 'broken', start, end: sql.length };
}

function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The value of a string literal. */
export function stringValue(literal: string): string {
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '0': '\0' };
  return literal
    .slice(1, -1)
    .replace(/''|\\([\s\S])/g, (_, escaped: string | undefined) =>
      escaped === undefined ? "'" : (escapes[escaped] ?? escaped),
    );
}

/** A literal that reads back as exactly `text`. */
export function stringLiteral(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replace(/\0/g, '\\0')}'`;
}
