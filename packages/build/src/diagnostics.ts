import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type ErrorCode, SkepError, SkepErrors, type SourceLocation } from '@skep/core';

/** What a compiler says of one place. */
export interface Diagnostic {
  /** From the folder that the compiler ran in. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** The mistakes that clang found: `src/x.bpf.c:12:5: error: use of undeclared identifier 'x'`. */
export function clangDiagnostics(output: string): Diagnostic[] {
  return output.split('\n').flatMap((line) => {
    const match = /^(.+?):(\d+):(\d+): (?:fatal )?error: (.*)$/.exec(line);
    if (!match) return [];
    const [, file = '', number, column, message = ''] = match;
    return [{ file, line: Number(number), column: Number(column), message: message.replace(/ \[-W[^\]]*\]$/, '') }];
  });
}

/** The mistakes that tsc found: `src/index.ts(3,5): error TS2322: ...`, and what it says further in indented lines. */
export function tscDiagnostics(output: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const line of output.split('\n')) {
    const match = /^(.+?)\((\d+),(\d+)\): error TS\d+: (.*)$/.exec(line);
    if (match) {
      const [, file = '', number, column, message = ''] = match;
      found.push({ file, line: Number(number), column: Number(column), message });
    } else if (/^\s+\S/.test(line) && found.length > 0) {
      const last = found[found.length - 1]!;
      found[found.length - 1] = { ...last, message: `${last.message}: ${line.trim()}` };
    }
  }
  return found;
}

/** The place of a diagnostic as the author sees it from the working directory, with the text of the line. */
export function locationOf(folder: string, { file, line, column }: Omit<Diagnostic, 'message'>): SourceLocation {
  const path = file.startsWith('/') ? file : join(folder, file);
  const text = existsSync(path) ? (readFileSync(path, 'utf8').split('\n')[line - 1] ?? '') : '';
  const length = /^\w+/.exec(text.slice(column - 1))?.[0].length ?? 1;
  const shown = relative(process.cwd(), path);
  return { file: shown.startsWith('../..') ? path : shown, line, column, text, length };
}

/** One error for each diagnostic, at its place; undefined when there is none. */
export function compilerError(
  folder: string,
  code: ErrorCode,
  diagnostics: readonly Diagnostic[],
): SkepError | undefined {
  // A macro that is expanded several times brings one mistake several times.
  const distinct = new Map(diagnostics.map((one) => [`${one.file}:${one.line}: ${one.message}`, one]));
  const errors = [...distinct.values()].map(
    (one) => new SkepError(code, one.message, remedyFor(one.message), { location: locationOf(folder, one) }),
  );
  return errors.length > 1 ? new SkepErrors(errors) : errors[0];
}

function remedyFor(message: string): string {
  if (/'bpf\/\w+\.h' file not found/.test(message)) return 'install libbpf-dev';
  const member = /no member named '(\w+)' in 'struct (\w+)'$/.exec(message);
  if (!member) return '';
  return `of the kernel? declare it: struct ${member[2]}___mine { ... ${member[1]}; } with preserve_access_index`;
}
