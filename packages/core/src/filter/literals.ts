import type { IntegerLiteral, RegexLiteral, TextLiteral } from './ast.js';
import type { FilterSource, Span } from './source.js';

const TIMES: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
};

const SIZES: Readonly<Record<string, bigint>> = {
  B: 1n,
  kB: 1000n,
  KB: 1000n,
  MB: 1000n ** 2n,
  GB: 1000n ** 3n,
  TB: 1000n ** 4n,
  KiB: 1024n,
  MiB: 1024n ** 2n,
  GiB: 1024n ** 3n,
  TiB: 1024n ** 4n,
};

const NUMBER = /^(-?)(0x[0-9a-f]+|0o[0-7]+|0b[01]+|\d+)(?:\.(\d+))?([a-z]\w*)?$/i;

/** The whole number that `at` spells, with its unit applied. */
export function integerLiteral(source: FilterSource, at: Span): IntegerLiteral {
  const [, sign, digits, fraction, unit] = NUMBER.exec(source.at(at))!;
  if (/^0\d/.test(digits!)) {
    throw source.error(at, `${source.at(at)} begins with a zero`, `octal is written 0o${digits!.slice(1)}`);
  }
  const scale = unit === undefined ? 1n : (TIMES[unit] ?? SIZES[unit]);
  if (scale === undefined) {
    const unitAt = { start: at.end - unit!.length, end: at.end };
    const known = [...Object.keys(TIMES), ...Object.keys(SIZES)].join(' ');
    throw source.error(unitAt, `unknown unit "${unit}"`, `units: ${known}`);
  }
  let value = BigInt(digits!) * scale;
  if (fraction !== undefined) {
    const divisor = 10n ** BigInt(fraction.length);
    const part = BigInt(fraction) * scale;
    if (part % divisor !== 0n || /^0[xob]/i.test(digits!)) {
      throw source.error(at, `${source.at(at)} is not a whole number`, 'columns hold whole numbers');
    }
    value += part / divisor;
  }
  const measures = unit === undefined ? undefined : unit in TIMES ? 'time' : 'size';
  return { kind: 'integer', value: sign ? -value : value, unit: measures, at };
}

const ESCAPES: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  '0': 0,
  '\\': 92,
  "'": 39,
  '"': 34,
};

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text between the quotes of `at`. */
export function textLiteral(source: FilterSource, at: Span): TextLiteral {
  const bytes: number[] = [];
  const stop = at.end - 1;
  for (let i = at.start + 1; i < stop; ) {
    if (source.text[i] !== '\\') {
      const point = String.fromCodePoint(source.text.codePointAt(i)!);
      bytes.push(...utf8.encode(point));
      i += point.length;
      continue;
    }
    const rule = /\\(?:x([0-9a-f]{2})|u\{([0-9a-f]{1,6})\}|(.))/iy;
    rule.lastIndex = i;
    const match = rule.exec(source.text.slice(0, stop));
    const simple = match?.[3] === undefined ? undefined : ESCAPES[match[3]];
    const point = match?.[2] === undefined ? undefined : Number.parseInt(match[2], 16);
    if (match?.[1] !== undefined) bytes.push(Number.parseInt(match[1], 16));
    else if (point !== undefined && point <= 0x10ffff) bytes.push(...utf8.encode(String.fromCodePoint(point)));
    else if (simple !== undefined) bytes.push(simple);
    else {
      const wrong = { start: i, end: Math.min(stop, i + (match?.[0].length ?? 2)) };
      throw source.error(
        wrong,
        `unknown escape ${source.at(wrong)}`,
        'escapes: \\n \\t \\r \\0 \\\\ \\\' \\" \\xNN \\u{...}',
      );
    }
    i += match![0].length;
  }
  const packed = Uint8Array.from(bytes);
  return { kind: 'text', bytes: packed, text: fromUtf8.decode(packed), at };
}

/** The regular expression of `at`: `/.../flags`, or a quoted one, in which a backslash is the expression's own. */
export function regexLiteral(source: FilterSource, at: Span): RegexLiteral {
  const written = source.at(at);
  const quote = written[0]!;
  const close = written.lastIndexOf(quote);
  const flags = written.slice(close + 1);
  const wrong = /[^ims]/.exec(flags);
  if (wrong) {
    const start = at.start + close + 1 + wrong.index;
    throw source.error({ start, end: start + 1 }, `unknown flag "${wrong[0]}"`, 'flags: i, m, s');
  }
  const body = written.slice(1, close);
  const pattern =
    quote === '/' ? body : body.replace(/\\([\s\S])/g, (pair, char: string) => (char === quote ? quote : pair));
  try {
    return { kind: 'regex', regex: new RegExp(pattern, `u${flags}`), at };
  } catch (cause) {
    const reason = (cause as Error).message.replace(/^Invalid regular expression: /, '');
    throw source.error(at, `not a regular expression: ${reason}`, 'the syntax is that of JavaScript with the u flag');
  }
}

/** `text` as a literal of the language, for expressions put together by a program. */
export function quoteText(text: string): string {
  const escaped = text.replace(/[\\'\x00-\x1f\x7f]/g, (char) =>
    char === '\\' || char === "'" ? `\\${char}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `'${escaped}'`;
}

/** A regular expression as the operand of `=~`, for expressions put together by a program. */
export function quoteRegex(pattern: string): string {
  const escaped = pattern.replace(/\\[\s\S]|['\n\r]/g, (part) =>
    part === "'" ? "\\'" : part.endsWith('\n') ? '\\n' : part.endsWith('\r') ? '\\r' : part,
  );
  return `'${escaped}'`;
}
