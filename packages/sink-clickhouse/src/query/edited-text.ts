/** A piece of a text that is replaced. Positions count in characters. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text after edits, which knows where its characters come from. */
export interface EditedText {
  readonly text: string;
  /** Position in the original of the character at `position`; the start of the piece for what was put in. */
  original(position: number): number;
}

/** @param edits without overlaps, in any order */
export function edited(text: string, edits: readonly Edit[]): EditedText {
  const ordered = [...edits].sort((a, b) => a.start - b.start);
  let result = '';
  let at = 0;
  for (const edit of ordered) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  result += text.slice(at);
  return {
    text: result,
    original(position) {
      let shift = 0;
      for (const { start, end, text: put } of ordered) {
        if (position < start + shift) break;
        if (position < start + shift + put.length) return start;
        shift += put.length - (end - start);
      }
      return position - shift;
    },
  };
}
