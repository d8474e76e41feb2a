import type { SourceLocation } from '@skep/core';
import type { ProgramText } from '@skep/libbcc';
import type { Piece } from '../spec/split.js';

interface Origin {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly spec: string;
  readonly piece: Piece;
}

/** Part of a line that comes from a specifier: the compiler's mistakes in it are shown there. */
export interface Said {
  readonly code: string;
  readonly spec: string;
  readonly piece: Piece;
}

/** A program written line by line, that knows which parts of it the user has written. */
export class ProgramWriter {
  private readonly lines: string[] = [];
  private readonly origins: Origin[] = [];

  /** Lines as they are. */
  add(text: string): void {
    this.lines.push(...text.replace(/\n$/, '').split('\n'));
  }

  /** One line; parts of it may come from the user. */
  line(...parts: readonly (string | Said)[]): void {
    let text = '';
    for (const part of parts) {
      const code = (typeof part === 'string' ? part : part.code).replaceAll('\n', ' ');
      if (typeof part !== 'string') {
        const { spec, piece } = part;
        this.origins.push({
          line: this.lines.length + 1,
          from: text.length + 1,
          to: text.length + code.length,
          spec,
          piece,
        });
      }
      text += code;
    }
    this.lines.push(text);
  }

  /** Everything of another writer. */
  append(other: ProgramWriter): void {
    const before = this.lines.length;
    this.lines.push(...other.lines);
    for (const origin of other.origins) this.origins.push({ ...origin, line: origin.line + before });
  }

  get text(): string {
    return `${this.lines.join('\n')}\n`;
  }

  /** For the compiler. */
  get program(): ProgramText {
    const { text } = this;
    return { text, place: (line, column, length) => this.place(line, column, length) };
  }

  private place(line: number, column: number, length: number): SourceLocation {
    const on = this.origins.filter((one) => one.line === line);
    const origin = on.find(({ from, to }) => column >= from && column <= to) ?? on[0];
    if (!origin) return { file: 'program', line, column, text: this.lines[line - 1] ?? '', length };
    const { spec, piece } = origin;
    return { file: 'probe', line: 1, column: piece.at + 1, text: spec, length: Math.max(1, piece.text.length) };
  }
}

/** Whether a text may speak of the kernel's own structures. */
const NAMES_STRUCTURES = /\bstruct\b|->|\$task|\bu?int_t\b|[a-z]_t\b/;

/**
 * What every program made of specifiers begins with. The headers with most of the kernel's structures take half of the time
 * to compile, so they are there only when a kernel probe may need them.
 *
 * @param kernelTexts specifiers of the kernel
 */
export function programHead(includes: readonly string[], kernelTexts: readonly string[]): string {
  const kernel = kernelTexts.some((text) => NAMES_STRUCTURES.test(text)) ? ['linux/sched.h', 'linux/fs.h'] : [];
  const lines = [...kernel, ...includes].map((name) => (/^[<"]/.test(name) ? name : `<${name}>`));
  return `${[...new Set(lines)].map((name) => `#include ${name}`).join('\n')}
/* Addresses with the highest bit are the kernel's, on x86-64 and arm64: who a pointer belongs to can be told from it. */
#define skep_read(to, size, from) ((s64)(from) < 0 ? bpf_probe_read_kernel(to, size, (const void *)(from)) \\
	: bpf_probe_read_user(to, size, (const void *)(from)))
#define skep_read_str(to, size, from) ((s64)(from) < 0 ? bpf_probe_read_kernel_str(to, size, (const void *)(from)) \\
	: bpf_probe_read_user_str(to, size, (const void *)(from)))
`;
}
