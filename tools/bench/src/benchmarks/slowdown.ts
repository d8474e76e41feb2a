import type { Report } from '../report.js';
import { type Contender, inRounds } from '../rounds.js';
import { withScratch } from '../scratch.js';
import type { Settings } from '../settings.js';
import { median } from '../statistics.js';
import { runStorm, type StormReport } from '../storm.js';
import { openSubjects } from '../subjects/all.js';
import type { Subject } from '../subjects/subject.js';
import { underStorm } from '../under-storm.js';

/** Whoever misses a larger part of the events is no measure: not writing them is quick. */
const MISSING = 0.05;
const UNTRACED: Contender = { name: 'untraced', isSkep: false, missing: () => undefined };

/** How much slower the traced program gets: an unpaced storm under each subject and under none. */
export async function slowdown(settings: Settings): Promise<Report> {
  const subjects = openSubjects(settings.only);
  const results = await inRounds([UNTRACED, ...subjects], settings, async (contender) =>
    contender === UNTRACED ? untraced(settings) : underStorm(contender as Subject, 0, settings),
  );
  const nsPerOpen = (rounds: readonly { readonly storm: StormReport }[]) =>
    median(rounds.map(({ storm }) => storm.elapsedNs / storm.opened));
  const alone = nsPerOpen(results[0].rounds);
  const added = results.slice(1).map(({ rounds }) => nsPerOpen(rounds) - alone);
  const peers = added.flatMap((ns, at) => {
    const { rounds, contender, note } = results[at + 1];
    return contender.isSkep || note !== undefined ? [] : [{ ns, missing: missingPart(rounds) }];
  });
  const honest = peers.filter(({ missing }) => missing < MISSING);
  const best = Math.min(...(honest.length ? honest : peers).map(({ ns }) => ns));
  return {
    benchmark: 'slowdown',
    workload: `${settings.events} opens as fast as they go, median of ${settings.rounds}`,
    columns: [
      { name: 'name', title: 'subject' },
      { name: 'elapsedS', title: 'storm s', digits: 2 },
      { name: 'cpuNs', title: 'its CPU ns/open', digits: 0 },
      { name: 'cpuTimes', title: 'times the CPU', digits: 2 },
      { name: 'nsPerOpen', title: 'ns/open', digits: 0 },
      { name: 'added', title: 'added ns', digits: 0 },
      { name: 'times', title: 'times as long', digits: 2 },
      { name: 'missing', title: 'missing', digits: 0 },
      { name: 'ratio', title: 'added, of best peer', digits: 2 },
    ],
    rows: results.map(({ contender: { name }, rounds, note }, at) => {
      if (note !== undefined) return { name, note };
      return {
        name,
        elapsedS: median(rounds.map(({ storm }) => storm.elapsedNs)) / 1e9,
        cpuNs: cpuPerOpen(rounds),
        cpuTimes: cpuPerOpen(rounds) / cpuPerOpen(results[0].rounds),
        nsPerOpen: nsPerOpen(rounds),
        times: nsPerOpen(rounds) / alone,
        ...(at === 0 ? {} : { added: added[at - 1], ratio: added[at - 1] / best }),
        missing: median(rounds.map(({ storm, delivered }) => storm.opened - delivered)),
      };
    }),
    notes: [
      'An open is openat and close of one existing file; the storm is kept on one CPU, the subjects are not.',
      'On a busy machine read the CPU of the storm: its time counts waiting for others too.',
      'A subject that loses events slows the program less; the best peer is the best of those that miss less than 5 %.',
    ],
  };
}

/** CPU nanoseconds of the storm itself: what the kernel adds to each call, without the waiting. */
function cpuPerOpen(rounds: readonly { readonly storm: StormReport }[]): number {
  return median(rounds.map(({ storm }) => (storm.userNs + storm.systemNs) / storm.opened));
}

/** Part of the storm's events that is not in the output. */
function missingPart(rounds: readonly { readonly storm: StormReport; readonly delivered: number }[]): number {
  return 1 - median(rounds.map(({ storm, delivered }) => delivered / storm.opened));
}

function untraced({ events, limitS }: Settings) {
  return withScratch(async (scratch) => {
    const storm = await runStorm({ events, rate: 0, path: await scratch.touch('storm'), limitS });
    return { storm, delivered: storm.opened };
  });
}
