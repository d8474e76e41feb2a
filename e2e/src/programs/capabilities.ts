// As root, on whatever kernel: every tool given as an argument is run by an ordinary user, first with the capabilities
// that `skep explain` prints for it, then with one of them less. Prints what came of it as JSON.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withCapabilities } from '../support/credentials.js';

// Not from support/paths.ts, which imports vitest: starting that takes long in a guest.
const SKEP = fileURLToPath(new URL('../../../packages/cli/bin/skep.mjs', import.meta.url));

/** What the test reads. */
export interface Trial {
  readonly tool: string;
  /** What `skep explain` prints. */
  readonly printed: readonly string[];
  readonly runs: readonly Run[];
}

export interface Run {
  /** The one that was left out; undefined: none. */
  readonly without: string | undefined;
  readonly code: number | null;
  readonly stderr: string;
}

function skep(through: readonly string[], args: readonly string[]): ReturnType<typeof spawnSync> {
  const [program, ...rest] = [...through, process.execPath, SKEP, ...args];
  return spawnSync(program!, rest, { encoding: 'utf8', maxBuffer: 1 << 28 });
}

function run(tool: string, capabilities: readonly string[], without?: string): Run {
  const { status, stderr } = skep(withCapabilities(capabilities), [tool, '--duration', '300ms']);
  return { without, code: status, stderr: String(stderr) };
}

function trial(tool: string): Trial {
  const [plan] = JSON.parse(String(skep([], ['explain', tool, '-o', 'json']).stdout)) as { capabilities: string[] }[];
  const printed = plan!.capabilities;
  const less = printed.map((without) =>
    run(
      tool,
      printed.filter((name) => name !== without),
      without,
    ),
  );
  return { tool, printed, runs: [run(tool, printed), ...less] };
}

process.stdout.write(`${JSON.stringify(process.argv.slice(2).map(trial))}\n`);
