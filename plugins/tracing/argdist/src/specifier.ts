import {
  closingBracket,
  type Piece,
  type ProbeSpecifier,
  parseFunctionSignature,
  parsePlace,
  specError,
  splitTop,
  trimmed,
} from '@skep/tracing';

/** One `-C` or `-H`: what to look at, and what to count of it. */
export interface Specifier extends ProbeSpecifier {
  readonly isHistogram: boolean;
  /** What makes a row: each with its C type; none: calls are counted. */
  readonly expressions: readonly (Piece & { readonly type: string })[];
  readonly filter: Piece | undefined;
  /** After `#`; else the whole specifier. */
  readonly label: string;
}

/**
 * `{p|r|t|u}:[LIB|CATEGORY]:NAME(SIGNATURE)[:TYPE[,TYPE...]:EXPR[,EXPR...][:FILTER]][#LABEL]`
 *
 * @throws SkepError SKEP_OPTION with the place of the mistake.
 */
export function parseSpecifier(text: string, isHistogram: boolean): Specifier {
  const [spec, label] = withoutLabel(text);
  const parts = splitTop(text, ':', 0, spec.length);
  if (parts.length < 3) {
    throw specError(text, 0, spec.length, 'a specifier has at least three parts', 'such as p:c:write(int fd):int:fd');
  }
  const [kind, library, call, types, values, filter, more] = parts as [Piece, Piece, Piece, ...(Piece | undefined)[]];
  if (more)
    throw specError(text, more.at - 1, 1, 'there is one ":" too many', 'put an expression with ":" in brackets');
  const { place, parameters } = parseCall(text, kind, library, call);
  const expressions = types ? typed(text, types, values) : [];
  if (isHistogram && expressions.length > 1) {
    const second = expressions[1]!;
    throw specError(text, second.at, second.text.length, 'a histogram is of one expression', 'count by several: -C');
  }
  const [value] = expressions;
  if (isHistogram && value && isText(value.type)) {
    throw specError(text, types!.at, types!.text.length, 'a histogram is of numbers', 'count texts: -C');
  }
  const condition = filter && trimmed(filter);
  if (condition?.text === '') throw specError(text, condition.at - 1, 1, 'the filter after ":" is missing');
  return { text, isHistogram, place, parameters, expressions, filter: condition, label: label ?? spec };
}

export function isText(type: string): boolean {
  return /^(const\s+)?char\s*\*$/.test(type);
}

/** What follows a `#` that is in no quotes is the label. */
function withoutLabel(text: string): [string, string | undefined] {
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (quote !== '') {
      if (character === '\\') i++;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '#') return [text.slice(0, i).trimEnd(), text.slice(i + 1).trim()];
  }
  return [text, undefined];
}

function parseCall(text: string, kind: Piece, library: Piece, call: Piece) {
  if (!/^[prtu]$/.test(kind.text)) {
    const got = kind.text === '' ? 'nothing' : `"${kind.text}"`;
    throw specError(text, kind.at, kind.text.length, `a specifier begins with p, r, t or u, not with ${got}`);
  }
  const open = call.text.indexOf('(');
  if (open < 0 && kind.text !== 't') {
    const end = call.at + call.text.length;
    throw specError(text, end, 1, 'brackets are missing after the name', 'such as write(int fd), or read()');
  }
  const name = open < 0 ? call.text : call.text.slice(0, open);
  const place = parsePlace(text, `${kind.text}:${library.text}:${name.trim()}`, kind.at);
  if (open < 0) return { place, parameters: [] };
  const close = closingBracket(text, call.at + open);
  const rest = text.slice(close + 1, call.at + call.text.length);
  if (rest.trim() !== '') throw specError(text, close + 1, rest.length, `"${rest.trim()}" after the brackets`);
  return { place, parameters: parseFunctionSignature(text, place, call.at + open, close) };
}

function typed(text: string, types: Piece, values: Piece | undefined): (Piece & { type: string })[] {
  const names = splitTop(text, ',', types.at, types.at + types.text.length).map(trimmed);
  const bad = names.find((name) => !/^[A-Za-z_][\w\s]*\**$/.test(name.text));
  if (bad) throw specError(text, bad.at, bad.text.length, `"${bad.text}" is no type`, 'such as int, u64 or char*');
  if (!values) throw specError(text, text.length, 1, 'the expression of this type is missing', 'such as :int:fd');
  const expressions = splitTop(text, ',', values.at, values.at + values.text.length).map(trimmed);
  const empty = expressions.find((one) => one.text === '');
  if (empty) throw specError(text, empty.at, 1, 'an expression is missing');
  if (names.length !== expressions.length) {
    const counts = `${names.length} type${names.length === 1 ? '' : 's'} for ${expressions.length}`;
    throw specError(text, types.at, types.text.length, `${counts} expression${expressions.length === 1 ? '' : 's'}`);
  }
  return expressions.map((expression, i) => ({ ...expression, type: names[i]!.text.replace(/\s*\*$/, ' *') }));
}
