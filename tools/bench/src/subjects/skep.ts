import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WORKSPACE } from '../places.js';
import type { Subject } from './subject.js';

/** Command line of skep with `args`: SKEP_CLI when set (a path), else the workspace's own. The one place that knows where skep is. */
export function skepCommand(...args: readonly string[]): readonly string[] {
  return [process.execPath, skepCli(), ...args];
}

/** Why skep cannot run; undefined when it can. */
export function skepMissing(): string | undefined {
  const built = join(dirname(skepCli()), '..', 'dist', 'main.js'); // the command itself is a file that is not built
  return existsSync(built) ? undefined : 'not built: npm run build';
}

function skepCli(): string {
  return process.env.SKEP_CLI ?? join(WORKSPACE, 'packages/cli/bin/skep.mjs');
}

/** `skep opensnoop -o <format>`. skep writes each batch as it comes, so `file` and `line` are the same. */
export function skepOpensnoop(format: 'json' | 'table'): Subject {
  return {
    name: `skep -o ${format}`,
    isSkep: true,
    missing: skepMissing,
    command: () => ({ argv: skepCommand('opensnoop', '-o', format) }),
  };
}
