import { type CST, Lexer } from 'yaml';
import type { Problems } from './problems.js';
import type { SourceText } from './source.js';

/** Deepest nesting: the composer recurses, and a stack overflow inside a regular expression cannot be caught. */
export const MAX_DEPTH = 64;
/** Most lexical tokens: lexing stops there, so that a hostile megabyte costs milliseconds. */
export const MAX_TOKENS = 20_000;

/** Whether the text is small and shallow enough to be parsed; a problem is added when not. */
export function guardTokens(source: SourceText, problems: Problems): boolean {
  let tokens = 0;
  let depth = 0;
  let offset = 0;
  for (const token of new Lexer().lex(source.text)) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    if (depth > MAX_DEPTH) {
      tooDeep(source, offset, problems);
      return false;
    }
    if (++tokens > MAX_TOKENS) {
      problems.add(
        'SKEP_CONFIG',
        source.at(offset),
        `more than ${MAX_TOKENS} tokens`,
        'a configuration is far smaller',
      );
      return false;
    }
    // The lexer's own marks (document, scalar, end of flow) stand for no text.
    if (token !== '\x02' && token !== '\x1f' && token !== '\x18') offset += token.length;
  }
  return true;
}

/**
 * Whether the tokens nest no deeper than allowed. Tags and directives are refused here, where their places are
 * exact: `!!js/function` has no business in a configuration, and `%YAML 1.1` would make `no` mean false.
 */
export function guardTree(tokens: readonly CST.Token[], source: SourceText, problems: Problems): boolean {
  const stack = tokens.map((token) => ({ token, depth: 0 }));
  while (stack.length > 0) {
    const { token, depth } = stack.pop()!;
    if (depth > MAX_DEPTH) {
      tooDeep(source, token.offset, problems);
      return false;
    }
    if (token.type === 'directive') {
      const end = token.offset + token.source.length;
      problems.add('SKEP_CONFIG', source.at(token.offset, end), 'YAML directives are not used here', 'remove it');
    }
    if (token.type === 'document') {
      refuseTags(token.start, source, problems);
      if (token.value) stack.push({ token: token.value, depth });
    }
    if (!('items' in token)) continue;
    for (const item of token.items) {
      refuseTags(item.start, source, problems);
      if ('sep' in item) refuseTags(item.sep, source, problems);
      if ('key' in item && item.key) stack.push({ token: item.key, depth: depth + 1 });
      if (item.value) stack.push({ token: item.value, depth: depth + 1 });
    }
  }
  return true;
}

function refuseTags(parts: readonly CST.SourceToken[] | undefined, source: SourceText, problems: Problems): void {
  for (const part of parts ?? []) {
    if (part.type !== 'tag') continue;
    const place = source.at(part.offset, part.offset + part.source.length);
    problems.add('SKEP_CONFIG', place, `the tag ${part.source} is not used here`, 'remove it');
  }
}

function tooDeep(source: SourceText, offset: number, problems: Problems): void {
  problems.add('SKEP_CONFIG', source.at(offset), `nested deeper than ${MAX_DEPTH} levels`, 'flatten it');
}
