import { SkepError, SkepErrors, type SourceLocation } from '@skep/core';
import { PROGRAM_FILE } from './compiler/protocol.js';
import { HEADERS_REMEDY } from './headers.js';
import { similarTracepoint, tracepointsQuietly } from './kernel-functions.js';

/** A program's text, and where it stands, so that a mistake in it is shown there. */
export interface ProgramText {
  readonly text: string;
  /** Name of the file in messages; default `program.c`. */
  readonly file?: string;
  /** The place of line and column (from 1) of the text, when it is part of another file. */
  place?(line: number, column: number, length: number): SourceLocation;
}

/** Mistakes beyond these are mostly consequences. */
const MOST = 20;

/** What libbcc said while it did not compile `program`, as errors a user can work with. */
export function compileErrors(program: ProgramText, output: string): SkepError {
  const found = diagnosticsOf(output);
  if (found.length === 0) return otherFailure(output);
  const errors = found.slice(0, MOST).map((one) => errorOf(program, one, output));
  return errors.length === 1 ? errors[0]! : new SkepErrors(errors);
}

/** Whether everything that the compiler did not like stands behind the user's text. */
export function isBehindText({ text }: ProgramText, output: string): boolean {
  const lines = text.split('\n').length;
  const found = diagnosticsOf(output);
  return found.length > 0 && found.every(({ file, line }) => file === PROGRAM_FILE && line > lines);
}

interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** Characters the compiler has underlined from the column on. */
  readonly length: number;
  /** The line of the user's text that includes the file, when the mistake shows up elsewhere. */
  readonly includedAt: number | undefined;
  /** The line as the compiler shows it. */
  readonly shown: string;
  /** What the compiler adds: `did you mean ...`, where something was declared. */
  readonly notes: readonly string[];
}

const PLACE = /^(.+?):(\d+):(\d+): (fatal error|error|warning|note): (.*)$/;
const INCLUDED = /^In file included from (.+?):(\d+):/;

function diagnosticsOf(output: string): Diagnostic[] {
  const lines = output.split('\n');
  const found: Diagnostic[] = [];
  let includedAt: number | undefined;
  for (const [i, line] of lines.entries()) {
    const included = INCLUDED.exec(line);
    if (included?.[1] === PROGRAM_FILE) includedAt = Number(included[2]);
    const [, file = '', at = '', column = '', kind = '', message = ''] = PLACE.exec(line) ?? [];
    if (kind === 'note') {
      const last = found.at(-1);
      const where = file === PROGRAM_FILE ? ` (line ${at})` : '';
      if (last && last.notes.length < 3) found[found.length - 1] = { ...last, notes: [...last.notes, message + where] };
    } else if (kind.endsWith('error')) {
      const length = /\^~*/.exec(lines[i + 2] ?? '')?.[0].length ?? 1;
      const shown = lines[i + 1] ?? '';
      found.push({ file, line: Number(at), column: Number(column), message, length, includedAt, shown, notes: [] });
    }
    if (kind !== '') includedAt = undefined;
  }
  return found;
}

function errorOf(program: ProgramText, diagnostic: Diagnostic, details: string): SkepError {
  const { file, column, length, includedAt, notes } = diagnostic;
  const line = ownLine(program.text, diagnostic);
  const missing = /^'([^']+)' file not found$/.exec(diagnostic.message)?.[1];
  const tracepoint = missingTracepoint(diagnostic.message);
  const message = tracepoint === undefined ? diagnostic.message : `no tracepoint ${tracepoint} on this kernel`;
  const remedy =
    missing !== undefined
      ? remedyForInclude(missing)
      : tracepoint !== undefined
        ? similarTracepoint(tracepoint)
        : notes.join('; ');
  if (file === PROGRAM_FILE) {
    const characters = toCharacters(program.text, line, column);
    return new SkepError('SKEP_COMPILE', message, remedy, {
      location: placeIn(program, line, characters, length),
      details,
    });
  }
  const elsewhere = file.startsWith('/virtual/') ? '' : ` (in ${file}:${line}:${column})`;
  return new SkepError('SKEP_COMPILE', message + elsewhere, remedy, {
    ...(includedAt === undefined ? {} : { location: placeIn(program, includedAt, 1, 1) }),
    details,
  });
}

/** libbcc makes the struct of a tracepoint's arguments from tracefs: without the tracepoint there is none. */
function missingTracepoint(message: string): string | undefined {
  const [, category, name] = /'struct tracepoint__(\w+?)__(\w+)'/.exec(message) ?? [];
  if (category === undefined || !message.startsWith('incomplete definition of type')) return undefined;
  const known = tracepointsQuietly();
  const tracepoint = `${category}:${name}`;
  return known.length === 0 || known.includes(tracepoint) ? undefined : tracepoint;
}

function remedyForInclude(file: string): string {
  const isKernel = /^(linux|uapi|net|asm|asm-generic|generated|trace)\//.test(file);
  return isKernel ? 'the kernel headers do not have it' : 'only headers of the kernel can be included';
}

/**
 * The line in the user's text. libbcc puts the struct of a tracepoint before the function that has its arguments, so what
 * stands on that very line is said to be further down: there it is looked for upwards, by its text.
 */
function ownLine(text: string, { file, line, shown }: Diagnostic): number {
  const lines = text.split('\n');
  if (file !== PROGRAM_FILE || (lines[line - 1] ?? '') === shown) return line;
  const found = lines.lastIndexOf(shown, line - 1);
  return found < 0 ? Math.min(line, lines.length) : found + 1;
}

/** The compiler counts bytes. */
function toCharacters(text: string, line: number, column: number): number {
  const bytes = Buffer.from(text.split('\n')[line - 1] ?? '', 'utf8');
  return bytes.subarray(0, column - 1).toString('utf8').length + 1;
}

function placeIn(program: ProgramText, line: number, column: number, length: number): SourceLocation {
  if (program.place) return program.place(line, column, length);
  const text = program.text.split('\n')[line - 1] ?? '';
  return { file: program.file ?? PROGRAM_FILE, line, column, text, length };
}

/** Everything that is no mistake of the text: headers, maps, privileges. */
function otherFailure(output: string): SkepError {
  const details = output;
  if (/kernel headers|kheaders|Unable to find|chdir\(/i.test(output)) {
    return new SkepError('SKEP_LIBRARY', 'programs cannot be compiled: there are no kernel headers', HEADERS_REMEDY, {
      details,
    });
  }
  const map = /could not open bpf map: (\S+?),? error: (.*)/.exec(output);
  if (map && /not permitted|denied/i.test(map[2]!)) {
    const remedy = 'run as root, or grant CAP_BPF and CAP_PERFMON';
    return new SkepError('SKEP_PERMISSION', `the kernel refused table "${map[1]}": ${map[2]}`, remedy, { details });
  }
  if (map) {
    const remedy = 'look at its kind, key, leaf and size';
    return new SkepError('SKEP_COMPILE', `the kernel refused table "${map[1]}": ${map[2]}`, remedy, { details });
  }
  const last = output.trim().split('\n').at(-1) ?? '';
  return new SkepError('SKEP_COMPILE', `the program does not compile: ${last || 'libbcc does not say why'}`, '', {
    details,
  });
}
