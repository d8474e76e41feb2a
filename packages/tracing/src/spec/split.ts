import { specError } from '../spec-error.js';

/** A part of a specifier, and where it begins in it. */
export interface Piece {
  readonly text: string;
  readonly at: number;
}

const OPEN: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Skips over what is quoted or in brackets. */
function* topLevel(spec: string, from: number, to: number): Generator<number> {
  const open: { readonly close: string; readonly at: number }[] = [];
  for (let i = from; i < to; i++) {
    const character = spec[i]!;
    if (character === '"' || character === "'") {
      i = endOfQuote(spec, i, to);
      continue;
    }
    if (OPEN[character] !== undefined) open.push({ close: OPEN[character], at: i });
    else if (open.at(-1)?.close === character) open.pop();
    else if (open.length === 0) {
      if (/[)\]}]/.test(character)) throw specError(spec, i, 1, `"${character}" closes nothing`);
      yield i;
    } else if (/[)\]}]/.test(character)) {
      throw specError(spec, i, 1, `"${character}" where "${open.at(-1)!.close}" is expected`);
    }
  }
  const left = open.at(-1);
  if (left) throw specError(spec, left.at, 1, `"${spec[left.at]}" is not closed`);
}

/** The index of the quote that ends the one at `from`. @throws SkepError SKEP_OPTION when there is none. */
export function endOfQuote(spec: string, from: number, to = spec.length): number {
  for (let i = from + 1; i < to; i++) {
    if (spec[i] === '\\') i++;
    else if (spec[i] === spec[from]) return i;
  }
  throw specError(spec, from, 1, `the quote ${spec[from]} is not closed`);
}

/** The parts of `spec` from `from` to `to` between separators that stand outside of quotes and brackets. */
export function splitTop(spec: string, separator: string, from = 0, to = spec.length): Piece[] {
  const pieces: Piece[] = [];
  let start = from;
  for (const i of topLevel(spec, from, to)) {
    if (spec[i] !== separator) continue;
    pieces.push({ text: spec.slice(start, i), at: start });
    start = i + 1;
  }
  pieces.push({ text: spec.slice(start, to), at: start });
  return pieces;
}

/** The index of the bracket that closes the one at `from`. @throws SkepError SKEP_OPTION when there is none. */
export function closingBracket(spec: string, from: number): number {
  let depth = 0;
  for (let i = from; i < spec.length; i++) {
    const character = spec[i]!;
    if (character === '"' || character === "'") i = endOfQuote(spec, i);
    else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return i;
  }
  throw specError(spec, from, 1, '"(" is not closed');
}

/** Without blanks at both ends. */
export function trimmed({ text, at }: Piece): Piece {
  const lead = text.length - text.trimStart().length;
  return { text: text.trim(), at: at + lead };
}
