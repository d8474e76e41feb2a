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
    tools: TOOLS.length,
    note: undefined,
    missing: skepMissing,
    commands: () => [{ argv: skepCommand('run', config) }],
  };
}
