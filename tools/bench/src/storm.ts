import { type ChildProcess, spawn } from 'node:child_process';
import { buildProgram } from './build.js';

/** What a storm says at its end. */
export interface StormReport {
  readonly opened: number;
  readonly failed: number;
  readonly elapsedNs: number;
  readonly userNs: number;
  readonly systemNs: number;
  /** Ticks of a millisecond in which the rate asked for was not reached. */
  readonly behind: number;
}

/** A storm to make. */
export interface StormOptions {
  readonly events: number;
  /** Opens per second; 0 is as fast as it goes. */
  readonly rate: number;
  /** An existing file that nobody else opens, so that its path tells the storm's events from others. */
  readonly path: string;
  readonly limitS: number;
}

/** The report among the lines a storm wrote. @throws Error when there is none: it was stopped. */
export function parseStorm(output: string): StormReport {
  const line = output.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`the storm left no report: ${output.trim()}`);
  return JSON.parse(line) as StormReport;
}

/** Starts a storm that runs beside what is measured; the caller stops it, or its count ends it. */
export async function startStorm(options: StormOptions): Promise<ChildProcess> {
  return spawn(await buildProgram('storm'), stormArguments(options), { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Runs a storm to its end. */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  const storm = await startStorm(options);
  let output = '';
  storm.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve, reject) => storm.on('close', resolve).on('error', reject));
  return parseStorm(output);
}

function stormArguments({ events, rate, path, limitS }: StormOptions): string[] {
  return Object.entries({ count: events, rate, path, limit: limitS, cpu: 0 }).flatMap(([k, v]) => [`--${k}`, `${v}`]);
}
