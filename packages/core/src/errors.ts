/** Every code an error of skep can carry; `docs/errors.md` explains each, and a test holds the two together. */
export const ERROR_CODES = [
  'SKEP_USAGE',
  'SKEP_CONFIG',
  'SKEP_OPTION',
  'SKEP_FILTER',
  'SKEP_PLUGIN_NOT_FOUND',
  'SKEP_PLUGIN_API',
  'SKEP_PLUGIN',
  'SKEP_INTEGRITY',
  'SKEP_HELPER',
  'SKEP_SCHEMA',
  'SKEP_PERMISSION',
  'SKEP_LIBRARY',
  'SKEP_NO_BTF',
  'SKEP_TRACEFS',
  'SKEP_ATTACH',
  'SKEP_COMPILE',
  'SKEP_VERIFIER',
  'SKEP_RING_CORRUPT',
  'SKEP_SINK',
  'SKEP_STORE',
  'SKEP_RECORDING',
  'SKEP_INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** A place in a text a user wrote: a YAML file, a filter expression, a C program. Lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The text of that line, for the excerpt. */
  readonly text: string;
  /** How many characters to underline, at least 1. */
  readonly length: number;
}

export interface SkepErrorOptions {
  readonly cause?: unknown;
  readonly location?: SourceLocation;
  /** What a caller may want whole, such as a verifier log; not part of the message. */
  readonly details?: string;
}

/**
 * The one error class. `message` says what failed and on what; `remedy` is one thing to do about it.
 *
 * Callers test `error.code` (see `isSkepError`), never `instanceof`: two copies of this package may be installed.
 */
export class SkepError extends Error {
  override readonly name = 'SkepError';
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly location: SourceLocation | undefined;
  readonly details: string | undefined;

  constructor(code: ErrorCode, message: string, remedy = '', options: SkepErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = remedy;
    this.location = options.location;
    this.details = options.details;
  }
}

/** Several mistakes found in one pass, such as all those of a configuration file. */
export class SkepErrors extends SkepError {
  readonly errors: readonly SkepError[];

  constructor(errors: readonly SkepError[]) {
    const first = errors[0];
    super(first?.code ?? 'SKEP_INTERNAL', first?.message ?? 'no error', first?.remedy);
    this.errors = errors;
  }
}

export function isSkepError(value: unknown): value is SkepError {
  return value instanceof Error && (value as { code?: unknown }).code !== undefined && value.name === 'SkepError';
}

/** 2: the user's words are wrong; 3: this kernel or privilege cannot; 1: everything else. */
export function exitCodeOf(error: unknown): 1 | 2 | 3 {
  if (!isSkepError(error)) return 1;
  switch (error.code) {
    case 'SKEP_USAGE':
    case 'SKEP_CONFIG':
    case 'SKEP_OPTION':
    case 'SKEP_FILTER':
    case 'SKEP_PLUGIN_NOT_FOUND':
    case 'SKEP_PLUGIN_API':
    case 'SKEP_INTEGRITY':
    case 'SKEP_HELPER':
    case 'SKEP_COMPILE':
      return 2;
    case 'SKEP_PERMISSION':
    case 'SKEP_LIBRARY':
    case 'SKEP_NO_BTF':
    case 'SKEP_TRACEFS':
    case 'SKEP_ATTACH':
    case 'SKEP_VERIFIER':
      return 3;
    default:
      return 1;
  }
}

/**
 * The text shown for an error, without a stack trace:
 *
 *     error[SKEP_OPTION]: unknown option "fialed" of plugin opensnoop
 *       --> agent.yaml:7:15
 *      7 |     options: { fialed: true }
 *        |                ^^^^^^ did you mean "failed"?
 */
export function formatError(error: unknown): string {
  if (!isSkepError(error)) return `error[SKEP_INTERNAL]: ${error instanceof Error ? error.message : String(error)}`;
  if ('errors' in error) return (error as SkepErrors).errors.map(formatError).join('\n');
  const lines = [`error[${error.code}]: ${error.message}`];
  const { location } = error;
  if (location) {
    const number = String(location.line);
    const gutter = ' '.repeat(Math.max(number.length, 2));
    const { text, column } = excerpt(location.text, location.column, location.length);
    lines.push(`${gutter}--> ${location.file}:${location.line}:${location.column}`);
    lines.push(`${number.padStart(gutter.length)} | ${text}`);
    const caret = '^'.repeat(Math.max(1, Math.min(location.length, text.length - column + 1)));
    lines.push(`${gutter} | ${' '.repeat(column - 1)}${caret}${error.remedy ? ` ${error.remedy}` : ''}`);
  } else if (error.remedy) {
    lines.push(`  ${error.remedy.replaceAll('\n', '\n  ')}`);
  }
  return lines.join('\n');
}

/** A long line is cut around the place, so that the caret stays in sight; tabs and controls become spaces. */
function excerpt(text: string, column: number, length: number): { text: string; column: number } {
  const clean = text.replace(/[\x00-\x1f\x7f]/g, ' ');
  if (clean.length <= 110) return { text: clean, column };
  const from = Math.max(0, Math.min(column - 1 - 40, clean.length - 100));
  const cut = clean.slice(from, from + Math.max(100, Math.min(length + 50, 110)));
  return from > 0 ? { text: `...${cut}`, column: column - from + 3 } : { text: cut, column };
}

/** `did you mean "failed"?`, or the valid names when none is near. */
export function suggest(name: string, valid: readonly string[]): string {
  const near = nearest(name, valid);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (valid.length === 0) return '';
  return `valid: ${valid.slice(0, 20).join(', ')}${valid.length > 20 ? ', ...' : ''}`;
}

/** The valid name within an edit distance of a third of its length, if there is one. */
export function nearest(name: string, valid: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of valid) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best !== undefined && bestDistance <= Math.max(1, Math.ceil(best.length / 3)) ? best : undefined;
}

/** Optimal string alignment: insert, delete, replace, and swap of neighbours each cost one. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8 || a.length > 64) return 99;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], beforeLast[j - 2]! + 1);
      }
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
