import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { buildBpf, buildProgram } from '../build.js';
import { bareConsumer } from '../consumers/bare.js';
import type { Consumer } from '../consumers/consumer.js';
import { type DrainReport, parseDrain } from '../consumers/protocol.js';
import { skepConsumer } from '../consumers/skep.js';
import type { Report } from '../report.js';
import { bestPeer, inRounds } from '../rounds.js';
import type { Settings } from '../settings.js';
import { medianOf } from '../statistics.js';

const PER_TICK = 6000; // 300,000 per second
const WARM_UP = 600_000; // records before the measured ones: a just-in-time compiler is done after that, not after 60,000

/** The consumer's side alone: ring to columns, against the least C can do with the same records and batches. */
export async function drain(settings: Settings): Promise<Report> {
  const object = await buildBpf('ring-storm');
  const results = await inRounds([skepConsumer, bareConsumer], settings, async (consumer) =>
    figures(await drained(consumer, object, settings)),
  );
  const best = bestPeer(results, ({ rounds }) => medianOf(rounds).nsPerEvent);
  return {
    benchmark: 'drain',
    workload: `${settings.events} records of 64 to 116 bytes, ${PER_TICK} every 20 ms, median of ${settings.rounds}`,
    columns: [
      { name: 'name', title: 'consumer' },
      { name: 'made', title: 'made', digits: 0 },
      { name: 'events', title: 'drained', digits: 0 },
      { name: 'lost', title: 'lost', digits: 0 },
      { name: 'batches', title: 'batches', digits: 0 },
      { name: 'bytes', title: 'text bytes', digits: 0 },
      { name: 'nsPerEvent', title: 'ns/event', digits: 1 },
      { name: 'ratio', title: 'of bare C', digits: 2 },
      { name: 'cpuNs', title: 'process', digits: 1 },
    ],
    rows: results.map(({ contender: { name }, rounds, note }) => {
      if (note !== undefined) return { name, note };
      const middle = medianOf(rounds);
      return { name, ...middle, ratio: best === undefined ? undefined : middle.nsPerEvent / best };
    }),
    notes: [
      'CPU after a warm-up; ns/event: while draining; process: of the whole consumer, its wake-ups too.',
      'Filling the ring is not in it.',
    ],
  };
}

function figures({ made, events, batches, bytes, drainNs, cpuNs }: DrainReport & { readonly made: number }) {
  return { made, events, lost: made - events, batches, bytes, nsPerEvent: drainNs / events, cpuNs: cpuNs / events };
}

/** One run: start the consumer, fill its ring from another process, end its input, read its report. */
async function drained(consumer: Consumer, object: string, { events, limitS }: Settings) {
  const [program, ...args] = await consumer.command(object);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], timeout: limitS * 1000 });
  const ended = new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  let id = '';
  let made = 0;
  let report: DrainReport | undefined;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const loaded = /^program (\d+)$/.exec(line)?.[1];
      if (loaded !== undefined) {
        id = loaded;
        await fill(id, Math.min(WARM_UP, events), limitS);
        child.stdin.write('start\n');
      } else if (line === 'started') {
        made = await fill(id, events, limitS);
        child.stdin.end();
      } else report = parseDrain(line);
    }
  } finally {
    child.stdin.end();
    await ended;
  }
  if (!report) throw new Error('the consumer ended without a report');
  return { ...report, made };
}

async function fill(id: string, events: number, limitS: number): Promise<number> {
  const filler = await buildProgram('ring-fill', ['bpf']);
  const child = spawn(filler, [id, `${events}`, `${PER_TICK}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitS * 1000,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const status = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  if (status !== 0) throw new Error('the ring could not be filled');
  return (JSON.parse(output) as { filled: number }).filled;
}
