import type { SourceLocation } from '@skep/core';
import { tokensOf } from '../sql/tokens.js';

/** The place of the characters `start` to `end` of a text that somebody wrote. */
export function placeIn(text: string, origin: string, start: number, end: number): SourceLocation {
  const at = Math.max(0, Math.min(start, text.length));
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = text.indexOf('\n', at);
  return {
    file: origin,
    line: text.slice(0, at).split('\n').length,
    column: at - lineStart + 1,
    text: text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd),
    length: Math.max(1, end - at),
  };
}

/** The place of the token at a position, or of the end of the text. */
export function tokenAt(text: string, origin: string, position: number): SourceLocation {
  const [token] = tokensOf(text, position);
  const end = token && token.start === position ? token.end : position + 1;
  return placeIn(text, origin, position, end);
}

/** The place of the first word that is `name`, quoted or not. */
export function wordPlace(text: string, origin: string, name: string): SourceLocation | undefined {
  for (const { kind, start, end } of tokensOf(text)) {
    const word = kind === 'quoted' ? text.slice(start + 1, end - 1) : text.slice(start, end);
    if ((kind === 'word' || kind === 'quoted') && word === name) return placeIn(text, origin, start, end);
  }
  return undefined;
}
