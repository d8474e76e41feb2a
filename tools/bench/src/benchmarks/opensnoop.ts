import type { Report } from '../report.js';
import { bestPeer, inRounds } from '../rounds.js';
import type { Settings } from '../settings.js';
import { medianOf, spread } from '../statistics.js';
import { openSubjects } from '../subjects/all.js';
import { type UnderStorm, underStorm } from '../under-storm.js';

/** CPU per event and events per second of each opensnoop, output to a file, under one paced storm. */
export async function opensnoop(settings: Settings): Promise<Report> {
  const results = await inRounds(openSubjects(settings.only), settings, async (subject) =>
    figures(await underStorm(subject, settings.rate, settings)),
  );
  const best = bestPeer(results, ({ rounds }) => medianOf(rounds).usPerEvent);
  return {
    benchmark: 'opensnoop',
    workload: `${settings.events} opens at ${settings.rate || 'any number'} per second, median of ${settings.rounds}`,
    columns: [
      { name: 'name', title: 'subject' },
      { name: 'made', title: 'made', digits: 0 },
      { name: 'delivered', title: 'delivered', digits: 0 },
      { name: 'missing', title: 'missing', digits: 0 },
      { name: 'told', title: 'told lost', digits: 0 },
      { name: 'perSecond', title: 'events/s', digits: 0 },
      { name: 'cpuS', title: 'CPU s', digits: 2 },
      { name: 'usPerEvent', title: 'µs/event', digits: 2 },
      { name: 'spread', title: '±', digits: 2 },
      { name: 'ratio', title: 'of best peer', digits: 2 },
    ],
    rows: results.map(({ contender: { name }, rounds, note }) => {
      if (note !== undefined) return { name, note };
      const middle = medianOf(rounds);
      const ratio = best === undefined ? undefined : middle.usPerEvent / best;
      return { name, ...middle, spread: spread(rounds.map((round) => round.usPerEvent)), ratio };
    }),
    notes: [
      'missing: made but not in the output; told lost: what the subject says it lost, of any program.',
      'CPU: user and system of the whole process tree, from the storm to the last event; start and compilation left out.',
      'µs/event: CPU per event written, other programs’ opens in that time counted too.',
    ],
  };
}

function figures({ storm, delivered, others, told, cpuNs }: UnderStorm) {
  return {
    made: storm.opened,
    delivered,
    missing: storm.opened - delivered,
    told,
    perSecond: delivered / (storm.elapsedNs / 1e9),
    cpuS: cpuNs / 1e9,
    usPerEvent: cpuNs / 1e3 / (delivered + others),
  };
}
