/** A row as texts: numbers as they were written, digit by digit; null and missing values are not there. */
export type TextRow = Readonly<Record<string, string>>;

const STRING_OR_NUMBER = /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** Rows of JSON lines, without the loss that `JSON.parse` brings to integers beyond 2^53. */
export function jsonRows(text: string): TextRow[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new RangeError('the text ends within a line');
  return lines.map((line) => {
    const row = JSON.parse(line.replace(STRING_OR_NUMBER, (_, string, number) => string ?? `"${number}"`)) as object;
    return Object.fromEntries(
      Object.entries(row).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])),
    );
  });
}
