import { readdirSync, readFileSync } from 'node:fs';

/** What proc(5) says of one thread: `Uid`, `CapEff` and the like, by name. */
export type Status = Readonly<Record<string, string>>;

/** Of every thread of a process. */
export function threadsOf(pid: number): Status[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread): Status[] => {
    let text: string;
    try {
      text = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1');
    } catch {
      return []; // it has ended
    }
    const lines = text.split('\n').map((line) => /^(\w+):\s*(.*)$/.exec(line));
    return [Object.fromEntries(lines.flatMap((match) => (match ? [[match[1]!, match[2]!]] : [])))];
  });
}

/** `status` of a thread that may do nothing: no capability now, later, or by running a program. */
export const POWERLESS: Status = {
  CapPrm: '0000000000000000',
  CapEff: '0000000000000000',
  CapAmb: '0000000000000000',
  NoNewPrivs: '1',
};

/** Words that make the command behind them run as `nobody` with these capabilities and no others. */
export function withCapabilities(names: readonly string[]): string[] {
  const plus = names.map((name) => `+${name.replace('CAP_', '').toLowerCase()}`).join(',');
  const caps = names.length > 0 ? [`--inh-caps=${plus}`, `--ambient-caps=${plus}`] : [];
  return ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...caps, '--'];
}
