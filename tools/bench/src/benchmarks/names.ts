import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildNamesProgram } from '../build.js';
import type { NamesReport } from '../consumers/names-protocol.js';
import { HERE } from '../places.js';
import type { Report } from '../report.js';
import { type Contender, inRounds } from '../rounds.js';
import type { Settings } from '../settings.js';
import { medianOf } from '../statistics.js';

interface Build extends Contender {
  readonly flags: readonly string[];
}

const builds: readonly Build[] = [
  { name: 'no debug information', isSkep: true, missing: () => undefined, flags: ['-g0'] },
  { name: '-g', isSkep: true, missing: () => undefined, flags: ['-g'] },
  { name: '-g -gz', isSkep: true, missing: () => undefined, flags: ['-g', '-gz'] },
];

/** Names of addresses of a large C++ program, of which half are in several inlined functions. */
export async function names(settings: Settings): Promise<Report> {
  const results = await inRounds(builds, settings, async ({ flags }) => {
    const path = await buildNamesProgram(flags);
    const program = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await once(program.stdout, 'data');
      const reader = join(HERE, 'dist/consumers/skep-names.js');
      const { stdout } = await promisify(execFile)(process.execPath, [reader, String(program.pid), path]);
      return { ...(JSON.parse(stdout) as NamesReport), megabytes: (await stat(path)).size / 1e6 };
    } finally {
      program.stdin.end();
    }
  });
  return {
    benchmark: 'names',
    workload: `2000 addresses of a C++ program, median of ${settings.rounds}`,
    columns: [
      { name: 'name', title: 'compiled with' },
      { name: 'megabytes', title: 'MB', digits: 1 },
      { name: 'frames', title: 'frames/address', digits: 1 },
      { name: 'firstMs', title: 'first ms', digits: 0 },
      { name: 'newUs', title: 'new µs', digits: 1 },
      { name: 'knownUs', title: 'known µs', digits: 2 },
    ],
    rows: results.map(({ contender: { name }, rounds, note }) =>
      note === undefined ? { name, ...medianOf(rounds) } : { name, note },
    ),
    notes: [
      'Elapsed time in a process that has just begun: first is the first address, new and known are those after it.',
    ],
  };
}
