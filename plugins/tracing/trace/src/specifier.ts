import {
  closingBracket,
  endOfQuote,
  type Parameter,
  type Piece,
  type ProbeSpecifier,
  parseFunctionSignature,
  parsePlace,
  specError,
  splitTop,
  trimmed,
} from '@skep/tracing';
import { type Format, parseFormat } from './format.js';

/** One probe of the command line. */
export interface Specifier extends ProbeSpecifier {
  readonly predicate: Piece | undefined;
  readonly format: Format | undefined;
  /** One for each conversion of the format. */
  readonly values: readonly Piece[];
}

/**
 * `PROBE[(SIGNATURE)] [(PREDICATE)] ["FORMAT", VALUE, ...]`; a signature follows its probe at once, a predicate after a blank.
 *
 * @throws SkepError SKEP_OPTION with the place of the mistake.
 */
export function parseSpecifier(text: string): Specifier {
  const start = text.length - text.trimStart().length;
  const probeEnd = start + /^[^\s("]*/.exec(text.slice(start))![0].length;
  const place = parsePlace(text, text.slice(start, probeEnd), start);
  let at = probeEnd;
  let parameters: readonly Parameter[] = [];
  if (text[at] === '(') {
    const close = closingBracket(text, at);
    parameters = parseFunctionSignature(text, place, at, close);
    at = close + 1;
  }
  at = skipBlanks(text, at);
  let predicate: Piece | undefined;
  if (text[at] === '(') {
    const close = closingBracket(text, at);
    predicate = trimmed({ text: text.slice(at + 1, close), at: at + 1 });
    if (predicate.text === '') throw specError(text, at, close - at + 1, 'the predicate is empty');
    at = skipBlanks(text, close + 1);
  }
  return { text, place, parameters, predicate, ...parseMessage(text, at) };
}

function skipBlanks(text: string, at: number): number {
  let i = at;
  while (/\s/.test(text[i] ?? '')) i++;
  return i;
}

function parseMessage(text: string, at: number): Pick<Specifier, 'format' | 'values'> {
  if (at >= text.length) return { format: undefined, values: [] };
  if (text[at] !== '"') {
    const rest = text.slice(at).trimEnd();
    throw specError(text, at, rest.length, `"${rest}" is no format`, 'a format stands in quotes: "%s %d", a, b');
  }
  const end = endOfQuote(text, at);
  const format = parseFormat(text, text.slice(at + 1, end), at + 1);
  const after = skipBlanks(text, end + 1);
  if (after < text.length && text[after] !== ',')
    throw specError(text, after, 1, 'a comma is expected after the format');
  const values = after >= text.length ? [] : splitTop(text, ',', after + 1).map(trimmed);
  const empty = values.find((value) => value.text === '');
  if (empty) throw specError(text, empty.at, 1, 'a value is missing');
  const wanted = format.conversions.length;
  if (values.length !== wanted) {
    const [first] = values.slice(wanted);
    const counts = `the format has ${wanted} conversion${wanted === 1 ? '' : 's'}, and there ${values.length === 1 ? 'is' : 'are'} ${values.length} value${values.length === 1 ? '' : 's'}`;
    throw specError(text, first?.at ?? at, first?.text.length ?? end - at + 1, counts);
  }
  return { format, values };
}
