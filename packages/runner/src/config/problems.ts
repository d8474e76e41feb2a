import { type ErrorCode, isSkepError, SkepError, SkepErrors, type SourceLocation } from '@skep/core';

/** More than anyone reads; a generated file with one mistake per line must not fill the screen for minutes. */
const MOST = 100;
const LONGEST_MESSAGE = 300;

/**
 * Collects the mistakes of one file, so that one run shows them all.
 *
 * Texts from the file reach a terminal through these messages: control characters are escaped and long ones cut.
 */
export class Problems {
  private readonly found = new Map<string, SkepError>();

  private readonly muted = new Set<string>();

  private added = 0;

  /** Mistakes found so far, with those that are not said because they follow from others or were said before. */
  get count(): number {
    return this.added;
  }

  add(code: ErrorCode, location: SourceLocation | undefined, message: string, remedy = ''): void {
    this.keep(new SkepError(code, clean(message), clean(remedy), location ? { location } : {}));
  }

  /** Add an error that something else threw; without a place of its own it gets this one. */
  addError(error: unknown, location: SourceLocation, remedy?: string): void {
    if (!isSkepError(error)) throw error;
    if ('errors' in error) {
      for (const one of (error as SkepErrors).errors) this.addError(one, location, remedy);
      return;
    }
    const options = {
      location: error.location ?? location,
      ...(error.cause === undefined ? {} : { cause: error.cause }),
      ...(error.details === undefined ? {} : { details: error.details }),
    };
    this.keep(new SkepError(error.code, clean(error.message), clean(remedy ?? error.remedy), options));
  }

  /** The value at this place is known to be wrong: what else is found out about it is only a consequence. */
  mute(location: SourceLocation): void {
    this.muted.add(`${location.line}:${location.column}`);
  }

  /** @throws SkepErrors with everything collected, in the order of the file; returns when there is nothing. */
  throwIfAny(): void {
    if (this.found.size > 0) throw new SkepErrors([...this.found.values()].sort(byPlace));
  }

  /** An alias shows the same node twice: its mistakes are said once. */
  private keep(error: SkepError): void {
    this.added++;
    if (this.found.size >= MOST) return;
    const { location } = error;
    const place = `${location?.line}:${location?.column}`;
    const key = `${place}:${error.code}:${error.message}`;
    if (!this.muted.has(place) && !this.found.has(key)) this.found.set(key, error);
  }
}

function byPlace(a: SkepError, b: SkepError): number {
  const [x, y] = [a.location, b.location];
  if (!x || !y) return Number(Boolean(x)) - Number(Boolean(y));
  return x.line - y.line || x.column - y.column;
}

function clean(text: string): string {
  const cut = text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}...` : text;
  return cut.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escapeControl);
}

function escapeControl(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
