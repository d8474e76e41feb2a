import type { Settings } from './settings.js';
import { rotated } from './statistics.js';

/** What can be measured: it runs here, or says why it does not. */
export interface Contender {
  readonly name: string;
  readonly isSkep: boolean;
  missing(): string | undefined;
}

/** One contender's measurements, or why there are none. */
export interface Rounds<C extends Contender, T> {
  readonly contender: C;
  readonly rounds: readonly T[];
  readonly note: string | undefined;
}

/** Those whose name contains one of `only`; all when that is empty. */
export function chosen<C extends Contender>(contenders: readonly C[], only: readonly string[]): readonly C[] {
  return contenders.filter(({ name }) => only.length === 0 || only.some((text) => name.includes(text)));
}

/**
 * Measures every contender once per round, all in a round before the next, each round starting with another one: what else the
 * machine does falls on all of them. Whoever is missing or fails gets a note and is left out from then on.
 */
export async function inRounds<C extends Contender, T>(
  contenders: readonly C[],
  settings: Settings,
  measure: (contender: C) => Promise<T>,
): Promise<readonly Rounds<C, T>[]> {
  const results = contenders.map((contender) => ({
    contender,
    rounds: [] as T[],
    note: contender.missing(),
  }));
  for (let round = 0; round < settings.rounds; round++) {
    for (const result of rotated(results, round)) {
      if (result.note !== undefined) continue;
      try {
        result.rounds.push(await measure(result.contender));
      } catch (error) {
        result.note = `failed: ${(error as Error).message.slice(0, 160)}`;
      }
    }
  }
  return results;
}

/** The least positive `cost` among the peers; undefined without a peer. */
export function bestPeer<C extends Contender, T>(
  results: readonly Rounds<C, T>[],
  cost: (result: Rounds<C, T>) => number,
): number | undefined {
  const costs = results.filter((r) => !r.contender.isSkep && r.note === undefined).map(cost);
  return costs.length ? Math.min(...costs) : undefined;
}
