import { resolve } from 'node:path';
import { type Schema, SkepError, suggest } from '@skep/core';

const PLACES = ['source', 'stream', 'plugin', 'date'] as const;

/** Letters, digits and `_ - .`, no dot first: such a name cannot lead out of its folder. */
const SAFE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/;

/**
 * A path of the configuration, in which `{source}`, `{stream}`, `{plugin}` and `{date}` are filled in. Only names of the
 * configuration and of plugins go in, never a value from data.
 */
export class PathTemplate {
  /** Absolute. */
  readonly text: string;
  private readonly sink: string;

  /** @throws SkepError SKEP_OPTION for an unknown placeholder. */
  constructor(text: string, folder: string, sink: string) {
    this.sink = sink;
    for (const [whole, name] of text.matchAll(/\{([^{}]*)\}/g)) {
      if (PLACES.some((place) => place === name)) continue;
      throw new SkepError(
        'SKEP_OPTION',
        `option "path" of ${sink}: unknown placeholder ${whole}`,
        suggest(name!, PLACES),
      );
    }
    if (text.endsWith('/')) {
      throw new SkepError('SKEP_OPTION', `option "path" of ${sink}: ${text} names a folder`, 'add the name of a file');
    }
    this.text = resolve(folder, text);
  }

  get hasDate(): boolean {
    return this.text.includes('{date}');
  }

  /**
   * The path for one stream, `{date}` left in.
   *
   * @throws SkepError SKEP_SINK when a name could lead out of the folder.
   */
  forStream({ source, stream, plugin }: Schema): string {
    const names: Readonly<Record<string, string>> = { source, stream, plugin };
    return this.text.replace(/\{(source|stream|plugin)\}/g, (_, place: string) => {
      const name = names[place]!;
      if (SAFE_NAME.test(name)) return name;
      const message = `${this.sink}: ${place} ${JSON.stringify(name)} cannot be part of a file's name`;
      throw new SkepError('SKEP_SINK', message, `rename it, or leave {${place}} out of the path`);
    });
  }
}

/** `path` with the day of `ms` in UTC in place of `{date}`. */
export function atDate(path: string, ms: number): string {
  return path.replaceAll('{date}', new Date(ms).toISOString().slice(0, 10));
}
