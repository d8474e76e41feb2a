import { bccCommand, bccMissing, bccPeer } from '../subjects/bcc.js';
import { installed } from '../subjects/installed.js';
import type { Command } from '../subjects/subject.js';
import { TOOLS, type Tool } from '../tools.js';
import { hasKprobes } from './kprobes.js';
import type { Team } from './team.js';

/** Tools of BCC that need kprobes or fentry, with a stand-in on tracepoints in `peers/`. */
const STAND_INS: readonly Tool[] = ['execsnoop', 'opensnoop', 'biolatency', 'biotop'];
/** Tools that print once an interval when told one. */
const WITH_INTERVAL: readonly Tool[] = ['runqlat', 'biotop', 'softirqs', 'biolatency'];

/** A process of BCC's Python per tool. */
export const bccTeam: Team = {
  name: 'BCC (Python)',
  isSkep: false,
  tools: TOOLS.length,
  get note() {
    return hasKprobes()
      ? undefined
      : `BCC: no kprobes here, so ${STAND_INS.join(', ')} are stand-ins of the same shape.`;
  },
  missing: bccMissing,
  commands: () => TOOLS.map(command),
};

function command(tool: Tool): Command {
  if (!hasKprobes() && STAND_INS.includes(tool)) return bccPeer(tool);
  return bccCommand(installed(`${tool}-bpfcc`) ?? `${tool}-bpfcc`, ...(WITH_INTERVAL.includes(tool) ? ['5'] : []));
}
