import { PROGRAM_FILE } from '../compiler/protocol.js';

/** Where one begins: by the macro, or with the struct as its parameter. */
const FUNCTION = /^\s*TRACEPOINT_PROBE\s*\([^()]*\)|\(\s*struct\s+tracepoint__\w+\s*\*\s*\w+\s*\)/;

/**
 * The text with the numbers of its lines written after every function of a tracepoint: libbcc inserts the struct of its
 * arguments before it, and the compiler would count those lines too.
 */
export function markedText(text: string): string {
  const lines = text.split('\n');
  return lines
    .map((line, i) => {
      const isWhole = FUNCTION.test(line) && !line.endsWith('\\');
      return isWhole && i < lines.length - 1 ? `${line}\n#line ${i + 2} "${PROGRAM_FILE}"` : line;
    })
    .join('\n');
}
