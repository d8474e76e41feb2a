import { specError } from '../spec-error.js';
import type { Place } from './place.js';
import { splitTop, trimmed } from './split.js';

/** A parameter of a function, as the user declares it. */
export interface Parameter {
  /** As C spells it: `struct sk_buff *`. */
  readonly type: string;
  readonly name: string;
  /** The declaration says `__user`: what it points to is the process's. */
  readonly isUser: boolean;
}

/** A register each; what comes after the sixth lies on the stack. */
const MOST = 6;
const DECLARATION = /^([A-Za-z_][\w\s]*[\s*](?:[\s*]|const\b)*)([A-Za-z_]\w*)$/;

/**
 * `struct file *f, const char __user *buf, size_t n`, between `from` and `to`; none for blanks and `void`.
 *
 * @throws SkepError SKEP_OPTION with the place of a parameter that has no type or no name.
 */
export function parseSignature(spec: string, from: number, to: number): Parameter[] {
  const inner = spec.slice(from, to).trim();
  if (inner === '' || inner === 'void') return [];
  const pieces = splitTop(spec, ',', from, to).map(trimmed);
  if (pieces.length > MOST) {
    const seventh = pieces[MOST]!;
    throw specError(
      spec,
      seventh.at,
      seventh.text.length,
      'only six parameters come in registers',
      'leave out the rest',
    );
  }
  const parameters = pieces.map(({ text, at }) => {
    const isUser = /\b__user\b/.test(text);
    const plain = text
      .replace(/\b__user\b/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
    const [, type, name] = DECLARATION.exec(plain) ?? [];
    if (type === undefined || name === undefined) {
      const remedy = 'such as (struct file *file, size_t count)';
      throw specError(spec, at, text.length, `"${text}" is no parameter with a type and a name`, remedy);
    }
    return { type: type.trim(), name, isUser, at };
  });
  for (const [i, { name, at }] of parameters.entries()) {
    if (parameters.findIndex((other) => other.name === name) < i) {
      throw specError(spec, at, name.length, `two parameters are called "${name}"`);
    }
  }
  return parameters.map(({ at: _, ...parameter }) => parameter);
}

/**
 * The signature between the brackets at `open` and `close`; tracepoints and USDT probes have none.
 *
 * @throws SkepError SKEP_OPTION as `parseSignature`, and for parameters of what is no function.
 */
export function parseFunctionSignature(spec: string, { kind }: Place, open: number, close: number): Parameter[] {
  const parameters = parseSignature(spec, open + 1, close);
  if (parameters.length > 0 && (kind === 't' || kind === 'u')) {
    const remedy = kind === 't' ? 'use args->field' : 'use arg1, arg2 ...';
    throw specError(spec, open, close - open + 1, 'only functions have a signature', remedy);
  }
  return parameters;
}
