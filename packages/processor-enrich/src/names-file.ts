import { readFileSync, statSync } from 'node:fs';

/** The file is looked at again at most this often. */
const FRESH_MS = 5000;

/** Names by number out of a file of lines such as /etc/passwd, read again when it has changed. */
export class NamesFile {
  private readonly path: string;
  private readonly pattern: RegExp;
  private names = new Map<number, string>();
  private changedMs = Number.NaN;
  private lookedMs = Number.NEGATIVE_INFINITY;

  /** `pattern` has two groups: the name, and the number. Of two names of one number the first counts. */
  constructor(path: string, pattern: RegExp) {
    this.path = path;
    this.pattern = pattern;
  }

  name(number: number): string | undefined {
    this.refresh();
    return this.names.get(number);
  }

  private refresh(): void {
    const now = performance.now();
    if (now - this.lookedMs < FRESH_MS) return;
    this.lookedMs = now;
    try {
      const { mtimeMs } = statSync(this.path);
      if (mtimeMs === this.changedMs) return;
      const names = new Map<number, string>();
      for (const line of readFileSync(this.path, 'utf8').split('\n')) {
        const [, name, number] = this.pattern.exec(line) ?? [];
        if (name !== undefined && !names.has(Number(number))) names.set(Number(number), name);
      }
      this.names = names;
      this.changedMs = mtimeMs;
    } catch {
      // Without the file there are no names; what was known stays known.
    }
  }
}
