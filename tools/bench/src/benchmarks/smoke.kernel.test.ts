import { describe, expect, it } from 'vitest';
import { reportText } from '../report.js';
import { settingsOf } from '../settings.js';
import { prepareTracefs } from '../tracefs.js';
import { BENCHMARKS, type BenchmarkName } from './all.js';

const SETTINGS = settingsOf({ smoke: true });

/** What a row with figures must hold, whoever it is about. Figures of so small a run are not looked at. */
const WHOLE: Record<BenchmarkName, (row: Record<string, unknown>) => void> = {
  opensnoop: (row) => {
    expect(row.made).toBe(499);
    // Other programs may fill a peer's ring meanwhile; then it must have said so.
    expect(row.missing, JSON.stringify(row)).toBeLessThanOrEqual(row.told as number);
  },
  slowdown: (row) => expect(row).toMatchObject({ elapsedS: expect.any(Number) }),
  drain: (row) => expect(row).toMatchObject({ made: 499, events: 499, lost: 0 }),
  blocks: (row) => expect(row.bytesPerRow).toBeGreaterThan(60),
  queries: (row) => expect(row).toMatchObject({ firstMs: expect.any(Number), ms: expect.any(Number) }),
  store: (row) => expect(row.bytesPerRow).toBeGreaterThan(5),
  agent: (row) => {
    expect(row.made).toBe(499);
    expect(row.missing, JSON.stringify(row)).toBeLessThanOrEqual(row.told as number);
  },
  outage: (row) => expect(row.missing).toBe(0),
  startup: (row) => expect(row.elapsedMs).toBeGreaterThan(0),
  names: (row) => expect(row.frames).toBeGreaterThanOrEqual(1),
  memory: (row) => expect(row.pss).toBeGreaterThan(0),
};

describe.skipIf(process.getuid?.() !== 0)('the smallest run of a benchmark (root)', () => {
  it.each(Object.keys(BENCHMARKS) as BenchmarkName[])(
    '%s goes through every step',
    async (name) => {
      prepareTracefs();
      const report = await BENCHMARKS[name].run(SETTINGS);
      const text = reportText(report);
      for (const row of report.rows) {
        if (row.note === undefined) WHOLE[name](row);
        else expect(row.note, text).toMatch(/^not (installed|built)/);
      }
      expect(text.split('\n').length).toBeGreaterThan(report.rows.length);
    },
    600_000,
  ); // each BCC program is two seconds of compiling, on a machine that may be busy
});
