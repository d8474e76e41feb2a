import type { Log } from '@skep/core';
import type { Config } from '../config/config.js';

type Instances = Pick<Config, 'plugins' | 'processors' | 'sinks'>;

/**
 * Errors that code of a package throws where nobody called it: in a timer of its own, or a promise that nobody awaits.
 * They are told from mistakes of skep by the files on their stack, named and counted.
 */
export class Strays {
  private readonly log: Log;
  private readonly counts = new Map<string, number>();

  constructor(log: Log) {
    this.log = log;
  }

  /** False when the error comes from none of the packages in use. */
  take(error: unknown, instances: Instances): boolean {
    const owner = error instanceof Error && error.stack !== undefined ? ownerOf(error.stack, instances) : undefined;
    if (owner === undefined) return false;
    const count = (this.counts.get(owner) ?? 0) + 1;
    this.counts.set(owner, count);
    // The first of each, then ever fewer: one in a timer would fill the log.
    if (Number.isInteger(Math.log10(count))) {
      this.log.error(`${owner} threw outside of its calls (${count} in all): ${(error as Error).message}`);
    }
    return true;
  }

  /** Lines for the end of a run: what each of them threw. */
  lines(): string[] {
    return [...this.counts].map(
      ([owner, count]) => `${owner}: ${count} ${count === 1 ? 'error' : 'errors'} outside of its calls`,
    );
  }
}

/** The instance whose package the innermost of the frames belongs to that belong to one. */
function ownerOf(stack: string, { plugins, processors, sinks }: Instances): string | undefined {
  const folders = [
    ...plugins.map(({ name, plugin }) => [`plugin ${name}`, plugin.folder] as const),
    ...processors.map(({ name, processor }) => [`processor ${name}`, processor.folder] as const),
    ...sinks.map(({ name, sink }) => [`sink ${name}`, sink.folder] as const),
  ].filter(([, folder]) => folder !== '');
  for (const frame of stack.split('\n').slice(1).map(decoded)) {
    const found = folders.find(([, folder]) => frame.includes(`${folder}/`));
    if (found) return found[0];
  }
  return undefined;
}

/** Frames of ES modules are URLs. */
function decoded(frame: string): string {
  try {
    return decodeURI(frame);
  } catch {
    return frame;
  }
}
