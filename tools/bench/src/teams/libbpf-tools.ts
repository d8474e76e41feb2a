import { libbpfTool, libbpfTools } from '../subjects/libbpf-tools.js';
import { TOOLS, type Tool } from '../tools.js';
import { hasKprobes } from './kprobes.js';
import type { Team } from './team.js';

/** Of the tools written in C, those that attach to kprobes or fentry only. */
const NEED_KPROBES: readonly Tool[] = ['biotop'];

/** A process of libbpf-tools per tool, as far as there are such tools. */
export const libbpfTeam: Team = {
  name: 'libbpf-tools (C)',
  isSkep: false,
  get tools() {
    return runnable().length;
  },
  get note() {
    const without = TOOLS.filter((tool) => !runnable().includes(tool));
    return without.length
      ? `libbpf-tools: without ${without.join(', ')}, which it lacks or cannot attach here.`
      : undefined;
  },
  missing: () => libbpfTools.missing(),
  commands: () => runnable().map((tool) => ({ argv: [libbpfTool(tool) ?? tool] })),
};

function runnable(): Tool[] {
  return TOOLS.filter((tool) => libbpfTool(tool) && (hasKprobes() || !NEED_KPROBES.includes(tool)));
}
