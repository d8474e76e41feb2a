import { readdirSync, readFileSync } from 'node:fs';

/** Of one process: its parent and the CPU ticks of its children that have ended. */
export interface ProcessStat {
  readonly ppid: number;
  readonly childTicks: number;
}

/** Members of a line of /proc/PID/stat; the command name may hold blanks and parentheses, so they are counted from its end. */
export function parseStat(text: string): ProcessStat {
  const members = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { ppid: Number(members[1]), childTicks: Number(members[13]) + Number(members[14]) };
}

/** `root` and everything below it that is alive, with what its ended children used. */
export function processTree(root: number): Map<number, ProcessStat> {
  const all = new Map<number, ProcessStat>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      all.set(Number(name), parseStat(readFileSync(`/proc/${name}/stat`, 'latin1')));
    } catch {
      // ended meanwhile
    }
  }
  const tree = new Map<number, ProcessStat>();
  const add = (pid: number) => {
    const found = all.get(pid);
    if (!found || tree.has(pid)) return;
    tree.set(pid, found);
    for (const [child, { ppid }] of all) if (ppid === pid) add(child);
  };
  add(root);
  return tree;
}
