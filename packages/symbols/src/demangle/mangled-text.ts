/** The symbol is not as the ABI says, has a part that is not read here, or grows beyond all bounds. */
export class Unreadable extends Error {}

/** What a symbol may grow to: substitutions double what they name at every step. */
const MAX_TEXT = 2048;
const MAX_DEPTH = 96;
const MAX_STEPS = 20_000;

/** The text of a symbol, read from left to right; within bounds, since symbols are written by whoever is traced. */
export class MangledText {
  protected readonly text: string;
  protected at = 0;
  private depth = 0;
  private steps = 0;

  constructor(text: string) {
    this.text = text;
  }

  protected fail(): never {
    throw new Unreadable();
  }

  protected peek(): string {
    return this.text[this.at] ?? '';
  }

  protected starts(word: string): boolean {
    return this.text.startsWith(word, this.at);
  }

  protected take(word: string): boolean {
    if (!this.starts(word)) return false;
    this.at += word.length;
    return true;
  }

  protected need(word: string): void {
    if (!this.take(word)) this.fail();
  }

  protected bounded(text: string): string {
    return text.length > MAX_TEXT ? this.fail() : text;
  }

  /** Once around every loop that what is read keeps going. */
  protected step(): void {
    if (++this.steps > MAX_STEPS) this.fail();
  }

  protected deeper<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH) this.fail();
    this.step();
    const result = read();
    this.depth--;
    return result;
  }

  protected number(): number {
    const match = /^\d{1,9}/.exec(this.text.slice(this.at, this.at + 10));
    if (!match) this.fail();
    this.at += match[0].length;
    return Number(match[0]);
  }

  /** `_` is 0, `0_` is 1, in base 36 for substitutions. */
  protected sequence(base: 10 | 36): number {
    if (this.take('_')) return 0;
    const end = this.text.indexOf('_', this.at);
    const digits = this.text.slice(this.at, end);
    if (end < 0 || !(base === 36 ? /^[0-9A-Z]{1,4}$/ : /^\d{1,6}$/).test(digits)) this.fail();
    this.at = end + 1;
    return Number.parseInt(digits, base) + 1;
  }
}
