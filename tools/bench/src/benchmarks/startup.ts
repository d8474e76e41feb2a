import { firstEvent } from '../first-event.js';
import type { Report } from '../report.js';
import { bestPeer, inRounds } from '../rounds.js';
import { withScratch } from '../scratch.js';
import type { Settings } from '../settings.js';
import { medianOf, spread } from '../statistics.js';
import { startStorm } from '../storm.js';
import { openSubjects } from '../subjects/all.js';

const GENTLE = 1000; // opens per second: the answer is right to a millisecond

/** From the exec of each opensnoop to its first event, while a program opens files all the time. */
export async function startup(settings: Settings): Promise<Report> {
  const { limitS } = settings;
  const subjects = openSubjects(settings.only).filter(({ name }) => name !== 'BCC, no flush'); // the same program
  const results = await inRounds(subjects, settings, (subject) =>
    withScratch(async (scratch) => {
      const path = await scratch.touch('storm');
      const command = subject.command('line');
      const storm = await startStorm({ events: GENTLE * limitS * 2, rate: GENTLE, path, limitS: limitS * 2 });
      try {
        const { elapsedNs, cpuNs } = await firstEvent(command, path, limitS);
        return { elapsedMs: elapsedNs / 1e6, cpuMs: cpuNs / 1e6 };
      } finally {
        storm.kill();
      }
    }),
  );
  const best = bestPeer(results, ({ rounds }) => medianOf(rounds).elapsedMs);
  return {
    benchmark: 'startup',
    workload: `first event under ${GENTLE} opens per second, median of ${settings.rounds}`,
    columns: [
      { name: 'name', title: 'subject' },
      { name: 'elapsedMs', title: 'first event ms', digits: 0 },
      { name: 'spread', title: '±', digits: 2 },
      { name: 'cpuMs', title: 'CPU ms', digits: 0 },
      { name: 'ratio', title: 'of best peer', digits: 2 },
    ],
    rows: results.map(({ contender: { name }, rounds, note }) => {
      if (note !== undefined) return { name, note };
      const middle = medianOf(rounds);
      const ratio = best === undefined ? undefined : middle.elapsedMs / best;
      return { name, ...middle, spread: spread(rounds.map((round) => round.elapsedMs)), ratio };
    }),
    notes: [
      'Output to a pipe, each line at once: bpftrace -B none, the C tool under stdbuf -oL, BCC flushes by itself.',
    ],
  };
}
