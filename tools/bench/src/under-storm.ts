import { stat } from 'node:fs/promises';
import { countDelivered } from './delivered.js';
import { reportedLosses } from './losses.js';
import { Running } from './running.js';
import { withScratch } from './scratch.js';
import type { Settings } from './settings.js';
import { runStorm, type StormReport } from './storm.js';
import type { Subject } from './subjects/subject.js';

/** Opens before the measured ones, so that a just-in-time compiler has seen the work. */
const WARM_UP = 20_000;

/** What a subject did with a storm. */
export interface UnderStorm {
  readonly storm: StormReport;
  /** Events of the storm in the subject's output. */
  readonly delivered: number;
  /** Events of other programs in its output since the storm began. */
  readonly others: number;
  /** Lost, as the subject says. */
  readonly told: number;
  /** CPU of the subject from the storm's begin until it was quiet again. */
  readonly cpuNs: number;
}

/** Runs one storm under one subject, from its start to its end. @throws Error when the subject does not start. */
export function underStorm(subject: Subject, rate: number, settings: Settings): Promise<UnderStorm> {
  return withScratch(async (scratch) => {
    const { limitS, events } = settings;
    const [output, path, warmUp] = [scratch.at('output'), await scratch.touch('storm'), await scratch.touch('warm-up')];
    const running = Running.start(subject.command('file'), output, scratch.at('errors'));
    try {
      await running.ready(limitS);
      await runStorm({ events: Math.min(WARM_UP, events), rate: 20_000, path: warmUp, limitS });
      await running.quiet(limitS);
      const [before, written] = [await running.cpuNs(), (await stat(output)).size];
      const storm = await runStorm({ events, rate, path, limitS });
      await running.quiet(limitS);
      const cpuNs = (await running.cpuNs()) - before;
      await running.stop();
      const { events: delivered, others, lost } = await countDelivered(output, path, written);
      return { storm, delivered, others, told: lost + reportedLosses(running.errors()), cpuNs };
    } finally {
      await running.stop();
    }
  });
}
