import { PROGRAM_FILE } from '../compiler/protocol.js';

/**
 * The text with the numbers of its lines written after every TRACEPOINT_PROBE: libbcc inserts the struct of its arguments
 * there, and the compiler would count those lines too.
 */
export function markedText(text: string): string {
  const lines = text.split('\n');
  return lines
    .map((line, i) => {
      const isWhole = /^\s*TRACEPOINT_PROBE\s*\([^()]*\)/.test(line) && !line.endsWith('\\');
      return isWhole && i < lines.length - 1 ? `${line}\n#line ${i + 2} "${PROGRAM_FILE}"` : line;
    })
    .join('\n');
}
