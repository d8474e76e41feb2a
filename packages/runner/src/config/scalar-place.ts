import type { SourceLocation } from '@skep/core';
import type { Scalar } from 'yaml';
import type { SourceText } from './source.js';
import { SUBSTITUTION } from './substitute.js';
import type { ScalarNode } from './tree.js';

/**
 * Line and column (from 1) where a scalar's text begins, when each of its lines stands in the file as it is: scalars
 * on one line without escapes, and literal blocks (`|`).
 */
export function originOf(node: Scalar, source: SourceText): ScalarNode['origin'] {
  const [start, end] = node.range!;
  const text = node.source ?? '';
  const index = source.lineIndex(start);
  if (node.type === 'BLOCK_LITERAL') {
    // The text begins on the line after the header, whatever blank lines it begins with.
    const blank = /^\n*/.exec(text)![0].length;
    const first = text.slice(blank).split('\n', 1)[0]!;
    const raw = source.line(index + 1 + blank);
    if (first === '' || !raw.endsWith(first)) return undefined;
    return { line: index + 2, column: raw.length - first.length + 1 };
  }
  const quote = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
  if (source.text.slice(start + quote, end - quote) !== text) return undefined;
  const { line, column } = source.at(start + quote);
  return { line, column };
}

/** The place of the `${` number `index` of a scalar; of the whole scalar when escapes hide it. */
export function tokenPlace(
  source: SourceText,
  start: number,
  end: number,
  index: number,
  token: string,
): SourceLocation {
  let number = 0;
  for (const match of source.text.slice(start, end).matchAll(SUBSTITUTION)) {
    if (number++ < index) continue;
    if (match[0] !== token) break;
    return source.at(start + match.index, start + match.index + token.length);
  }
  return source.at(start, end);
}

/** A text of the configuration, such as an expression or a C program, that is compiled by someone else. */
export interface TextInFile {
  readonly text: string;
  /** The place of the value in the file. */
  readonly location: SourceLocation;
  /** See `originOf`; undefined when places inside the text cannot be told. */
  readonly origin: ScalarNode['origin'];
}

/** The place in the file of a line and column (from 1) of the text; the whole value when it cannot be told. */
export function placeInText(of: TextInFile, line: number, column: number, length = 1): SourceLocation {
  const { origin, location } = of;
  if (!origin) return location;
  const at = { file: location.file, line: origin.line + line - 1, column: origin.column + column - 1 };
  const own = of.text.split('\n')[line - 1] ?? '';
  const text = at.line === location.line ? location.text : ' '.repeat(origin.column - 1) + own;
  return { ...at, text, length: Math.max(1, Math.min(length, text.length - at.column + 1)) };
}
