import { open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { lookAt } from './open-file.js';
import { errnoOf } from './sink-error.js';

/** A file that is written no more. */
export interface FinishedFile {
  /** Its path before compression. */
  readonly path: string;
  /** What there is of it: the file, a compressed copy, or for a moment both. */
  readonly stored: readonly string[];
  /** Leftovers of a compression that was cut off. */
  readonly parts: readonly string[];
  readonly date: string;
  readonly sequence: number;
}

export const SUFFIXES = ['.gz', '.zst'] as const;

/**
 * The finished files that belong to one path of the configuration: `events.jsonl` becomes
 * `events-20260131T235959Z-000001.jsonl`. The number is one more than that of any other, across restarts, so that the
 * order of the files is that of their rows even when the clock is set back.
 */
export class FinishedFiles {
  private readonly template: string;
  private nextSequence: number | undefined;

  /** `template`: an absolute path that may hold `{date}`. */
  constructor(template: string) {
    this.template = template;
  }

  /** Those there are, oldest first; `current` is still being written and is left out. */
  async list(current: string): Promise<FinishedFile[]> {
    const found = new Map<string, FinishedFile>();
    const extension = extname(this.template);
    const stem = basename(this.template, extension);
    const name = pattern(
      `${source(stem)}(?:-\\d{8}T\\d{6}Z-(?<sequence>\\d+))?${source(extension)}(?<packed>\\.gz|\\.zst)?(?<part>\\.part)?`,
    );
    for (const { folder, date } of await this.folders()) {
      for (const entry of await entriesOf(folder)) {
        const match = name.exec(entry)?.groups;
        if (!match) continue;
        const { packed = '', part = '', sequence } = match;
        if (part !== '' && packed === '') continue;
        const path = join(folder, entry.slice(0, entry.length - packed.length - part.length));
        if (path === current || (sequence === undefined && !this.template.includes('{date}'))) continue;
        const order = Number(sequence ?? Number.MAX_SAFE_INTEGER);
        const known = found.get(path) ?? { path, stored: [], parts: [], date: match.date ?? date, sequence: order };
        const whole = join(folder, entry);
        if (part === '') found.set(path, { ...known, stored: [...known.stored, whole] });
        else found.set(path, { ...known, parts: [...known.parts, whole] });
      }
    }
    return [...found.values()].sort((a, b) => a.date.localeCompare(b.date) || a.sequence - b.sequence);
  }

  /** Give the file at `path` its final name, which no file had, and return it. */
  async setAside(path: string, nowMs: number): Promise<string> {
    const time = `${new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
    const extension = extname(path);
    const stem = path.slice(0, path.length - extension.length);
    this.nextSequence ??= await this.firstSequence(path);
    for (;;) {
      const final = `${stem}-${time}-${String(this.nextSequence++).padStart(6, '0')}${extension}`;
      if ((await Promise.all(SUFFIXES.map((suffix) => lookAt(final + suffix)))).some(Boolean)) continue;
      try {
        // Taking the name first is what makes the rename below unable to overwrite a file of someone else.
        await (await open(final, 'wx', 0o600)).close();
      } catch (error) {
        if (errnoOf(error) === 'EEXIST') continue;
        throw error;
      }
      try {
        await rename(path, final);
      } catch (error) {
        await unlink(final);
        throw error;
      }
      return final;
    }
  }

  private async firstSequence(current: string): Promise<number> {
    const numbers = (await this.list(current)).map((file) => file.sequence);
    return Math.max(0, ...numbers.filter((number) => number < Number.MAX_SAFE_INTEGER)) + 1;
  }

  /** The folders the template stands for, with the date in their name. */
  private async folders(): Promise<{ folder: string; date: string }[]> {
    let found = [{ folder: '/', date: '' }];
    for (const part of dirname(this.template).split('/').filter(Boolean)) {
      if (!part.includes('{date}')) {
        found = found.map(({ folder, date }) => ({ folder: join(folder, part), date }));
        continue;
      }
      const name = pattern(source(part));
      const below = found.map(async ({ folder }) =>
        (await entriesOf(folder)).flatMap((entry) => {
          const match = name.exec(entry);
          return match ? [{ folder: join(folder, entry), date: match.groups?.date ?? '' }] : [];
        }),
      );
      found = (await Promise.all(below)).flat();
    }
    return found;
  }
}

/** A regular expression's source for a part of the template; only the first `{date}` can be captured. */
function source(part: string): string {
  let first = true;
  return part
    .split('{date}')
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .reduce((left, right) => {
      const date = first ? '(?<date>\\d{4}-\\d{2}-\\d{2})' : '\\d{4}-\\d{2}-\\d{2}';
      first = false;
      return left + date + right;
    });
}

function pattern(text: string): RegExp {
  return new RegExp(`^${text}$`);
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
