// Names for addresses of a program that runs, in a process of its own: the first look-up is one of a process. Says what
// it took as one line of JSON.
import { readFileSync } from 'node:fs';
import { SystemSymbolizer } from '@skep/symbols';
import type { NamesReport } from './names-protocol.js';

const ADDRESSES = 2000;
const AGAIN = 50;

const [pid, path] = [Number(process.argv[2]), process.argv[3]];
const symbolizer = new SystemSymbolizer({ warn: () => undefined });
const { start, end } = codeOf(path);
const addresses = Array.from({ length: ADDRESSES }, (_, i) =>
  BigInt(start + Math.floor(((end - start) * i) / ADDRESSES)),
);

const firstNs = timed(() => named([addresses[ADDRESSES / 2]]));
let frames = 0;
const newNs = timed(() => (frames = named(addresses)));
const knownNs = timed(() => {
  for (let i = 0; i < AGAIN; i++) named(addresses);
});
const report: NamesReport = {
  firstMs: firstNs / 1e6,
  newUs: newNs / 1e3 / ADDRESSES,
  knownUs: knownNs / 1e3 / ADDRESSES / AGAIN,
  frames: frames / ADDRESSES,
};
process.stdout.write(`${JSON.stringify(report)}\n`);

/** How many frames they have. */
function named(some: readonly bigint[]): number {
  return symbolizer.user(pid, BigUint64Array.from(some), 'names').length;
}

/** Of CPU: other programs have no part in it, nor whether there is a CPU for the compiler of JavaScript. */
function timed(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}

function codeOf(file: string): { start: number; end: number } {
  const line = readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .find((one) => one.endsWith(file) && one.includes(' r-xp '));
  const [from, to] = (line ?? '')
    .split(' ')[0]
    .split('-')
    .map((text) => Number.parseInt(text, 16));
  if (!(from < to)) throw new Error(`${file} is not mapped`);
  return { start: from, end: to };
}
