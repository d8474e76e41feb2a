import { setTimeout as sleep } from 'node:timers/promises';
import { type Memory, memoryOf } from '../memory.js';
import type { Report } from '../report.js';
import { bestPeer, inRounds } from '../rounds.js';
import { Running } from '../running.js';
import { withScratch } from '../scratch.js';
import type { Settings } from '../settings.js';
import { medianOf } from '../statistics.js';
import { bccTeam } from '../teams/bcc.js';
import { libbpfTeam } from '../teams/libbpf-tools.js';
import { skepTeam } from '../teams/skep.js';
import type { Team } from '../teams/team.js';
import { TOOLS } from '../tools.js';

/** Memory of the eight tools running at once: one agent of skep, or a process per tool. */
export async function memory(settings: Settings): Promise<Report> {
  const teams = [skepTeam(settings.config), bccTeam, libbpfTeam];
  const results = await inRounds(teams, settings, (team) => measured(team, settings));
  const best = bestPeer(
    results.filter(({ contender }) => contender.tools === TOOLS.length),
    ({ rounds }) => medianOf(rounds).pss,
  );
  return {
    benchmark: 'memory',
    workload: `${TOOLS.join(', ')} at once, median of ${settings.rounds}`,
    columns: [
      { name: 'name', title: 'subject' },
      { name: 'tools', title: 'tools', digits: 0 },
      { name: 'processes', title: 'processes', digits: 0 },
      { name: 'pss', title: 'PSS MiB', digits: 1 },
      { name: 'rss', title: 'RSS MiB', digits: 1 },
      { name: 'maps', title: 'BPF maps MiB', digits: 1 },
      { name: 'ratio', title: 'of best peer', digits: 2 },
    ],
    rows: results.map(({ contender: { name, tools }, rounds, note }) => {
      if (note !== undefined) return { name, note };
      const middle = medianOf(rounds);
      return { name, tools, ...middle, ratio: best === undefined ? undefined : middle.pss / best };
    }),
    notes: [
      'PSS: pages shared by several processes are divided among them; RSS counts them in each. Ratios are of PSS.',
      'BPF maps: kernel memory beside it, as the kernel accounts it; perf buffers of BCC and libbpf-tools are not in it.',
      ...teams.flatMap((team) => (team.missing() === undefined && team.note ? [team.note] : [])),
    ],
  };
}

/** Starts all of a team, waits until all are quiet, and reads what they hold together. */
function measured(team: Team, { isSmoke, limitS }: Settings) {
  return withScratch(async (scratch) => {
    const running: Running[] = [];
    try {
      const commands = isSmoke ? team.commands().slice(0, 2) : team.commands();
      for (const [at, command] of commands.entries()) {
        running.push(Running.start(command, scratch.at(`output-${at}`), scratch.at(`errors-${at}`)));
      }
      for (const one of running) await one.ready(limitS);
      await sleep(isSmoke ? 0 : 5000); // intervals pass, first tables are drawn
      return totals(running.map(({ pid }) => memoryOf(pid)));
    } finally {
      await Promise.all(running.map((one) => one.stop()));
    }
  });
}

const MIB = 2 ** 20;

function totals(all: readonly Memory[]) {
  const sum = (of: (one: Memory) => number) => all.reduce((total, one) => total + of(one), 0) / MIB;
  return { processes: all.length, pss: sum((m) => m.pss), rss: sum((m) => m.rss), maps: sum((m) => m.maps) };
}
