import type { FilterSource, Span } from './source.js';

/** What a word of the language is. `address` is an IP address or a network written without quotes. */
export type TokenKind = 'name' | 'number' | 'string' | 'regex' | 'address' | 'operator' | 'end';

export interface Token extends Span {
  readonly kind: TokenKind;
  readonly text: string;
}

// Addresses come before numbers and names, of which they look like a beginning; nothing else holds a colon or two dots.
const RULES: readonly (readonly [kind: TokenKind, rule: RegExp])[] = [
  ['address', /(?:[0-9a-f]{0,4}:[0-9a-f:.]*|\d+\.\d+\.\d+\.\d+)(?:\/\d+)?/iy],
  ['number', /-?\d[\w]*(?:\.\d\w*)?/y],
  ['name', /[A-Za-z_]\w*/y],
  ['operator', /==|!=|<=|>=|=~|!~|&&|\|\||[<>!(),]/y],
];

const NUMBER = /^-?(?:0x[0-9a-f]+|0o[0-7]+|0b[01]+|\d+)(?:\.\d+)?(?:[a-z]\w*)?$/i;

const LIKELY: Readonly<Record<string, string>> = {
  '=': 'equality is written ==',
  '&': 'write && or and',
  '|': 'write || or or',
  '~': 'write =~ to match a regular expression',
  '<>': 'write !=',
  '/': 'a regular expression stands after =~ or !~',
};

/**
 * Cut an expression into words.
 *
 * After `=~` and `!~` a quoted text or `/.../` is a regular expression, whose backslashes are kept; a text elsewhere.
 *
 * @throws SkepError SKEP_FILTER at a character no word begins with, an unterminated text, or a malformed number.
 */
export function tokenize(source: FilterSource): Token[] {
  const { text } = source;
  const tokens: Token[] = [];
  const space = /\s*/y;
  for (let at = 0; ; ) {
    space.lastIndex = at;
    at += space.exec(text)![0].length;
    if (at === text.length) break;
    const token = nextToken(source, at, tokens.at(-1));
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length });
  return tokens;
}

function nextToken(source: FilterSource, start: number, previous: Token | undefined): Token {
  const { text } = source;
  const char = text[start]!;
  const wantsRegex = previous?.kind === 'operator' && (previous.text === '=~' || previous.text === '!~');
  if (char === "'" || char === '"' || (char === '/' && wantsRegex)) {
    return quoted(source, start, char, wantsRegex ? 'regex' : 'string');
  }
  for (const [kind, rule] of RULES) {
    rule.lastIndex = start;
    const match = rule.exec(text);
    if (!match) continue;
    const end = start + match[0].length;
    if (kind === 'number' && !NUMBER.test(match[0])) {
      throw source.error({ start, end }, `"${match[0]}" is not a number`, 'numbers: 42, -1, 0x2a, 0o644, 10ms, 64KiB');
    }
    return { kind, text: match[0], start, end };
  }
  throw source.error({ start, end: start + 1 }, `unexpected character ${JSON.stringify(char)}`, LIKELY[char] ?? '');
}

function quoted(source: FilterSource, start: number, quote: string, kind: 'string' | 'regex'): Token {
  const { text } = source;
  let inClass = false;
  for (let i = start + 1; i < text.length && text[i] !== '\n'; i++) {
    if (text[i] === '\\') i++;
    else if (quote === '/' && text[i] === '[') inClass = true;
    else if (quote === '/' && text[i] === ']') inClass = false;
    else if (text[i] === quote && !inClass) {
      let end = i + 1;
      if (quote === '/') while (end < text.length && /\w/.test(text[end]!)) end++;
      return { kind, text: text.slice(start, end), start, end };
    }
  }
  const what = quote === '/' ? 'regular expression' : 'text';
  throw source.error({ start, end: text.length }, `unterminated ${what}`, `it needs a closing ${quote}`);
}
