import { SkepError } from '../errors.js';

/** Where an expression stands in the file its user wrote; lines and columns count from 1. */
export interface FilterPlace {
  /** Default: `where`. */
  readonly file?: string;
  readonly line?: number;
  /** Column of the expression's first character. Lines after the first are taken to be indented as far. */
  readonly column?: number;
  /** The whole line of the file, for the excerpt; without it the expression alone is shown. */
  readonly lineText?: string;
}

/** Part of an expression: offsets of its first character and of the one after its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The text of an expression, able to point at any part of it. */
export class FilterSource {
  readonly text: string;
  private readonly place: FilterPlace;

  constructor(text: string, place: FilterPlace = {}) {
    this.text = text;
    this.place = place;
  }

  /** A SKEP_FILTER error that underlines `at`, up to the end of its line. */
  error(at: Span, message: string, remedy = ''): SkepError {
    const { file = 'where', line = 1, column = 1, lineText } = this.place;
    const before = this.text.slice(0, at.start);
    const lineStart = before.lastIndexOf('\n') + 1;
    const lineEnd = this.text.indexOf('\n', at.start);
    const own = this.text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
    const rest = lineStart + own.length - at.start;
    const location = {
      file,
      line: line + before.split('\n').length - 1,
      column: column + at.start - lineStart,
      // Without the file's line, spaces stand for what precedes the expression, so that the caret still fits.
      text: lineStart === 0 && lineText !== undefined ? lineText : ' '.repeat(column - 1) + own,
      length: Math.max(1, Math.min(at.end - at.start, rest)),
    };
    return new SkepError('SKEP_FILTER', message, remedy, { location });
  }

  /** The words of a part, as they were written. */
  at({ start, end }: Span): string {
    return this.text.slice(start, end);
  }
}
