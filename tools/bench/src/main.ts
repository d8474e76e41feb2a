#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { BENCHMARKS, type BenchmarkName } from './benchmarks/all.js';
import { reportJson, reportText } from './report.js';
import { settingsOf } from './settings.js';
import { prepareTracefs } from './tracefs.js';

const USAGE = `Usage: main.js <benchmark> [options]      as root

  ${Object.entries(BENCHMARKS)
    .map(([name, { summary }]) => `${name.padEnd(10)} ${summary}`)
    .join('\n  ')}
  all        every one of them

  --quick          a tenth of the events, one round
  --smoke          the smallest run that goes through every step
  --rounds N       rounds; medians are shown
  --events N       events per subject and round
  --rate N         paced opens per second, 0 as fast as they go
  --only TEXT      subjects whose name contains it; may be repeated
  --config FILE    configuration of the agent with eight tools, for memory
  --json           one line of JSON per benchmark
`;

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean' },
      smoke: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      rounds: { type: 'string' },
      events: { type: 'string' },
      rate: { type: 'string' },
      config: { type: 'string' },
      only: { type: 'string', multiple: true },
    },
  });
  const [asked] = positionals;
  const names = asked === 'all' ? (Object.keys(BENCHMARKS) as BenchmarkName[]) : [asked as BenchmarkName];
  if (values.help || positionals.length !== 1 || !names.every((name) => Object.hasOwn(BENCHMARKS, name))) {
    (values.help ? process.stdout : process.stderr).write(USAGE);
    return values.help ? 0 : 2;
  }
  if (process.getuid?.() !== 0) throw new Error('tracing needs root');
  const settings = settingsOf(values);
  prepareTracefs();
  for (const name of names) {
    const report = await BENCHMARKS[name].run(settings);
    process.stdout.write(`${values.json ? reportJson(report) : reportText(report)}\n`);
  }
  return 0;
}
