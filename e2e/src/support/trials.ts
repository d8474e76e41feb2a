import { expect } from 'vitest';
import type { Trial } from '../programs/capabilities.js';

export const TOOLS = [
  'biolatency',
  'biotop',
  'execsnoop',
  'gethostlatency',
  'opensnoop',
  'runqlat',
  'softirqs',
  'tcplife',
] as const;

/** With what is printed a tool runs; with one capability less it exits with 3 and names that one, and no other. */
export function expectExact({ tool, printed, runs }: Trial): void {
  expect(printed.length, tool).toBeGreaterThan(0);
  for (const { without, code, stderr } of runs) {
    const what = `${tool} with ${printed.join(', ')}${without ? ` but ${without}` : ''}:\n${stderr}`;
    if (without === undefined) {
      expect(code, what).toBe(0);
      expect(stderr, what).toMatch(/: \d+ attempted = /);
    } else {
      expect(code, what).toBe(3);
      expect(stderr, what).toMatch(new RegExp(`^error\\[SKEP_PERMISSION\\]: .*${without}\\b.* missing`, 'm'));
      expect(/or grant (.*): skep explain/.exec(stderr)?.[1], what).toBe(without);
    }
  }
}
