import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HERE } from '../places.js';
import { skepCommand, skepMissing } from '../subjects/skep.js';
import { TOOLS } from '../tools.js';
import type { Team } from './team.js';

/** One agent with all tools, by the configuration `config` or our own. */
export function skepTeam(config = join(HERE, 'configs', 'eight-tools.yaml')): Team {
  return {
    name: 'skep run',
    isSkep: true,
    get tools() {
      return toolsOf(readFileSync(config, 'utf8'));
    },
    note: undefined,
    missing: () => skepMissing() ?? complaint(config),
    commands: () => [{ argv: skepCommand('run', config) }],
  };
}

/** How many of {@link TOOLS} a configuration uses. */
export function toolsOf(yaml: string): number {
  return TOOLS.filter((tool) => new RegExp(`\\buse: *['"]?${tool}\\b`).test(yaml)).length;
}

/** What `skep check` has to say first against the configuration: a plugin that is not built, most likely. */
function complaint(config: string): string | undefined {
  const [program, ...args] = skepCommand('check', config);
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? undefined : `not built: ${stderr.split('\n')[0]}`;
}
