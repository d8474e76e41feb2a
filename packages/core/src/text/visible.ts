import { tableStyle } from './table-style.js';
import { textIn } from './text-in.js';

/** `text` as a table shows it: nothing in it acts on the terminal or ends the line. */
export function visibleText(text: string): string {
  return textIn(tableStyle, text);
}
