import { specError } from '../spec-error.js';
import { closingBracket, endOfQuote, type Piece, splitTop, trimmed } from './split.js';

/** What a word of an expression stands for in C; undefined: it stays as it is. */
export type Meaning = (word: string, at: number) => string | undefined;

/** Functions and types that a program's specifiers need, written before it. */
export class Helpers {
  private readonly texts: string[] = [];
  private readonly known = new Map<string, string>();
  private readonly tracepoints = new Set<string>();

  /** A function that compares a string in memory with these bytes, as STRCMP does: as far as the literal goes. */
  comparison(bytes: Uint8Array): string {
    const key = Buffer.from(bytes).toString('hex');
    let name = this.known.get(key);
    if (name === undefined) {
      name = `skep_same_${this.known.size}`;
      this.known.set(key, name);
      // Eight bytes at a time, and no branch: one for each byte takes the verifier a path for each.
      const words = Math.max(1, Math.ceil(bytes.length / 8));
      const padded = new DataView(new ArrayBuffer(words * 8));
      for (const [at, byte] of bytes.entries()) padded.setUint8(at, byte);
      const differ = Array.from({ length: words }, (_, w) => {
        return `\tdiffer |= text[${w}] ^ 0x${padded.getBigUint64(w * 8, true).toString(16)}ULL;`;
      });
      this.texts.push(
        `static inline __attribute__((always_inline)) bool ${name}(const char *from)\n{\n` +
          `\tu64 text[${words}] = {}, differ = 0;\n` +
          `\tif (skep_read(text, ${bytes.length}, from) < 0) return 0;\n${differ.join('\n')}\n\treturn !differ;\n}\n`,
      );
    }
    return name;
  }

  /**
   * The type of the arguments of a tracepoint. libbcc writes the struct before each function that names it, so only the
   * first may: the others have another name of it.
   */
  tracepointArguments(category: string, event: string): string {
    const struct = `struct tracepoint__${category}__${event}`;
    const name = `skep_args__${category}__${event}`;
    if (this.tracepoints.has(struct)) return name;
    this.tracepoints.add(struct);
    this.texts.push(`typedef ${struct} ${name};\n`);
    return struct;
  }

  get text(): string {
    return this.texts.join('');
  }
}

export interface ExpressionContext {
  readonly spec: string;
  readonly meaning: Meaning;
  readonly helpers: Helpers;
  /** `$word(inner)`: what it stands for; `length` is that of the whole. */
  readonly call?: (word: string, inner: string, at: number, length: number) => string;
  /** The literal of STRCMP is bytes: `\x00` in it is one, and it may hold NUL. */
  readonly isBinary?: boolean;
}

const WORD = /[$@]?[A-Za-z_]\w*(?:@\w+)?/y;

/**
 * The C of an expression: words replaced by what they mean, but not those after `->` and `.`, which are members, nor those in
 * quotes; `STRCMP("text", pointer)` becomes a comparison of memory.
 *
 * @throws SkepError SKEP_OPTION for what cannot be: quotes or brackets that are not closed, unknown `$` words.
 */
export function rewriteExpression({ text, at }: Piece, context: ExpressionContext): string {
  const { spec, meaning } = context;
  // Brackets and quotes must match, or what follows would be taken for part of it.
  splitTop(spec, '\0', at, at + text.length);
  let code = '';
  for (let i = 0; i < text.length; ) {
    const character = text[i]!;
    if (character === '"' || character === "'") {
      const end = endOfQuote(spec, at + i) - at + 1;
      code += text.slice(i, end);
      i = end;
      continue;
    }
    WORD.lastIndex = i;
    const [word] = WORD.exec(text) ?? [];
    if (word === undefined || /\w/.test(text[i - 1] ?? '')) {
      code += character;
      i++;
      continue;
    }
    if (word === 'STRCMP') {
      const call = comparison(text, at, i, context);
      code += call.code;
      i = call.end;
      continue;
    }
    if (context.call && word.startsWith('$') && text[i + word.length] === '(') {
      const close = closingBracket(spec, at + i + word.length) - at;
      code += context.call(word, text.slice(i + word.length + 1, close).trim(), at + i, close - i + 1);
      i = close + 1;
      continue;
    }
    const isMember = /(->|\.)\s*$/.test(code);
    code += (isMember ? undefined : meaning(word, at + i)) ?? word;
    i += word.length;
  }
  return code;
}

function comparison(text: string, at: number, from: number, context: ExpressionContext) {
  const { spec, helpers, isBinary = false } = context;
  const open = from + 'STRCMP'.length;
  if (text[open] !== '(') throw specError(spec, at + from, 6, 'STRCMP needs a text and a pointer', 'STRCMP("text", p)');
  const close = closingBracket(spec, at + open) - at;
  const parts = splitTop(spec, ',', at + open + 1, at + close).map(trimmed);
  const [literal, pointer] = parts;
  if (parts.length !== 2 || !literal || !pointer || !/^".*"$/s.test(literal.text) || pointer.text === '') {
    throw specError(spec, at + from, close - from + 1, 'STRCMP needs a text and a pointer', 'STRCMP("text", p)');
  }
  const name = helpers.comparison(literalBytes(literal.text.slice(1, -1), isBinary));
  return { code: `${name}((const char *)(${rewriteExpression(pointer, context)}))`, end: close + 1 };
}

/** The bytes of a text between quotes; escapes are C's. */
export function literalBytes(text: string, isBinary: boolean): Uint8Array {
  const bytes: number[] = [];
  const single: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, '0': 0, '\\': 92, '"': 34, "'": 39 };
  for (let i = 0; i < text.length; i++) {
    const hex = /^\\x([0-9a-fA-F]{2})/.exec(text.slice(i, i + 4))?.[1];
    if (hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16));
      i += 3;
    } else if (text[i] === '\\' && single[text[i + 1] ?? ''] !== undefined) bytes.push(single[text[++i]!]!);
    else {
      const character = String.fromCodePoint(text.codePointAt(i)!);
      bytes.push(...Buffer.from(character, 'utf8'));
      i += character.length - 1;
    }
  }
  const end = bytes.indexOf(0);
  return Uint8Array.from(isBinary || end < 0 ? bytes : bytes.slice(0, end));
}
