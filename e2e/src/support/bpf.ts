import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Ids of the programs behind the BPF links that process `pid` holds, ascending. */
export function linksOf(pid: number): number[] {
  const ids: number[] = [];
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fdinfo`);
  } catch {
    return []; // it has ended
  }
  for (const name of names) {
    try {
      const text = readFileSync(`/proc/${pid}/fdinfo/${name}`, 'latin1');
      const id = /^prog_id:\s*(\d+)/m.exec(text)?.[1];
      if (/^link_type:/m.test(text) && id !== undefined) ids.push(Number(id));
    } catch {} // closed meanwhile
  }
  return ids.sort((a, b) => a - b);
}

// BPF_PROG_GET_NEXT_ID: { start_id, next_id, open_flags } -> next_id.
const NEXT_PROGRAM = `my $id = 0; for (;;) { my $attr = pack('L3', $id, 0, 0);
  last if syscall($ENV{SYS_BPF} + 0, 11, $attr, 12) < 0; $id = (unpack('L3', $attr))[1]; print "$id\\n"; }`;

/** Ids of all programs the kernel has. */
export function programIds(): Set<number> {
  const env = { ...process.env, SYS_BPF: process.arch === 'arm64' ? '280' : '321' };
  const { stdout, status } = spawnSync('perl', ['-e', NEXT_PROGRAM], { encoding: 'utf8', env });
  if (status !== 0) throw new Error('perl cannot list the programs of the kernel');
  return new Set(stdout.split('\n').filter(Boolean).map(Number));
}
