import type { LedgerEntry } from '@skep/core';
import { expect, it } from 'vitest';
import { VERSION } from '../version.js';
import { metricsText } from './metrics.js';
import { summaryLines } from './summary.js';

const entry: LedgerEntry = {
  ...{ source: 'opens', stream: 'opens', sink: 'screen' },
  ...{ attempted: 12n, delivered: 6n, filtered: 1n, held: 0n, ringFull: 3n, mapFull: 0n, sinkFailed: 1n },
  ...{ cut: 2n, skippedRuns: 4n },
};

it('tells what became of every event, what was cut, and what the kernel did not run', () => {
  expect(summaryLines([entry])).toEqual([
    'opens.opens -> screen: 12 attempted = 6 delivered + 1 filtered + 4 lost (3 ring full, 1 refused by the sink)' +
      ' + 1 unaccounted for; 2 with a text that was cut; the kernel skipped 4 runs of its programs',
  ]);
});

it('has no words for what did not happen', () => {
  const good = { ...entry, attempted: 6n, filtered: 0n, ringFull: 0n, sinkFailed: 0n, cut: 0n, skippedRuns: 0n };
  expect(summaryLines([good])).toEqual(['opens.opens -> screen: 6 attempted = 6 delivered + 0 lost']);
});

it('is counters for Prometheus', () => {
  const lines = metricsText([entry], 'web-1').split('\n');
  expect(lines).toContain(`skep_agent_info{name="web-1",version="${VERSION}"} 1`);
  const labels = 'source="opens",stream="opens",sink="screen"';
  expect(lines).toContain(`skep_skipped_runs_total{${labels}} 4`);
  expect(lines).toContain(`skep_events_total{${labels},outcome="ring_full"} 3`);
  expect(lines).toContain(`skep_attempted_total{${labels}} 12`);
});
