import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { reportedLosses } from './losses.js';

/** What an output file holds. */
export interface Delivered {
  /** Lines with the storm's path. */
  readonly events: number;
  /** Other lines: opens by other programs, headings. */
  readonly others: number;
  /** Losses told among the lines. */
  readonly lost: number;
}

/**
 * Counts the lines of an output file, from the byte `start` on, by whether they hold `path`, which nobody but the storm opens.
 * Read as a stream: it may be 100 MB.
 */
export async function countDelivered(file: string, path: string, start = 0): Promise<Delivered> {
  let [events, others, lost] = [0, 0, 0];
  for await (const line of createInterface({ input: createReadStream(file, { encoding: 'latin1', start }) })) {
    if (line.includes(path)) events++;
    else if (line !== '') {
      others++;
      lost += reportedLosses(line);
    }
  }
  return { events, others, lost };
}
