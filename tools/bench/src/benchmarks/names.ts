import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildNamesProgram } from '../build.js';
import type { NamesReport } from '../consumers/names-protocol.js';
import { HERE } from '../places.js';
import type { Report } from '../report.js';
import { type Contender, inRounds } from '../rounds.js';
import { withScratch } from '../scratch.js';
import type { Settings } from '../settings.js';
import { medianOf } from '../statistics.js';

const run = promisify(execFile);

interface Build extends Contender {
  /** What makes it of the program that was compiled with -g. */
  readonly objcopy: readonly string[];
}

const builds: readonly Build[] = [
  { name: 'no debug information', isSkep: true, missing, objcopy: ['--strip-debug'] },
  { name: '-g', isSkep: true, missing, objcopy: [] },
  { name: '-g -gz', isSkep: true, missing, objcopy: ['--compress-debug-sections'] },
];

function missing(): string | undefined {
  return spawnSync('objcopy', ['--version']).error ? 'not installed: apt install binutils' : undefined;
}

/** Names of addresses of a C++ program, most of them of several functions that were inlined. */
export async function names(settings: Settings): Promise<Report> {
  const whole = await buildNamesProgram();
  const results = await inRounds(builds, settings, ({ objcopy }) =>
    withScratch(async (scratch) => {
      const path = scratch.at('names');
      await run('objcopy', [...objcopy, whole, path]);
      const program = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
      try {
        await once(program.stdout, 'data');
        const reader = join(HERE, 'dist/consumers/skep-names.js');
        const { stdout } = await run(process.execPath, [reader, String(program.pid), path]);
        return { ...(JSON.parse(stdout) as NamesReport), megabytes: (await stat(path)).size / 1e6 };
      } finally {
        program.stdin.end();
      }
    }),
  );
  return {
    benchmark: 'names',
    workload: `2000 addresses of a C++ program, median of ${settings.rounds}`,
    columns: [
      { name: 'name', title: 'program' },
      { name: 'megabytes', title: 'MB', digits: 1 },
      { name: 'frames', title: 'frames/address', digits: 1 },
      { name: 'firstMs', title: 'first CPU ms', digits: 0 },
      { name: 'newUs', title: 'new CPU µs', digits: 1 },
      { name: 'knownUs', title: 'known CPU µs', digits: 2 },
    ],
    rows: results.map(({ contender: { name }, rounds, note }) =>
      note === undefined ? { name, ...medianOf(rounds) } : { name, note },
    ),
    notes: ['CPU in a process that has just begun: first is the first address, new and known are those after it.'],
  };
}
