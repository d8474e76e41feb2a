import type { SourceLocation } from '@skep/core';

/** A text with its file's name, which turns offsets (UTF-16 units from 0) into places a user can find. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  private readonly starts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  /** The place of `[start, end)`; what goes past the end of the first line is not underlined. */
  at(start: number, end: number = start): SourceLocation {
    const from = Math.max(0, Math.min(start, this.text.length));
    const index = this.lineIndex(from);
    const lineStart = this.starts[index]!;
    const text = this.line(index);
    const last = Math.min(end, lineStart + text.trimEnd().length);
    return { file: this.file, line: index + 1, column: from - lineStart + 1, text, length: Math.max(1, last - from) };
  }

  /** Text of the line with this index (from 0) without its line end; '' past the last one. */
  line(index: number): string {
    const start = this.starts[index];
    if (start === undefined) return '';
    const next = this.starts[index + 1];
    const end = next === undefined ? this.text.length : next - 1;
    return this.text.slice(start, end > start && this.text[end - 1] === '\r' ? end - 1 : end);
  }

  /** Index from 0 of the line that holds this offset. */
  lineIndex(offset: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
