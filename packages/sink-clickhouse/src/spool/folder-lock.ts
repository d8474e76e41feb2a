import { readFileSync } from 'node:fs';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SkepError } from '@skep/core';

/**
 * Keep other processes out of `folder` as long as this one lives. What a killed process left is taken over: the lock
 * names a process by its id and the time it started.
 *
 * @returns what gives the folder free
 * @throws SkepError SKEP_SINK when a running process has it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const lock = join(folder, 'lock');
  const mine = `${process.pid} ${startOf(process.pid)}\n`;
  const fresh = `${lock}.${process.pid}`;
  await writeFile(fresh, mine, { mode: 0o600 });
  try {
    // Linked into place, so that nobody ever reads half a lock.
    while (!(await succeeds(link(fresh, lock), 'EEXIST'))) {
      const holder = await readFile(lock, 'utf8').catch(() => undefined);
      if (holder === undefined) continue;
      if (holder !== mine && isAlive(holder)) {
        const message = `the spool ${folder} is in use by process ${Number.parseInt(holder, 10)}`;
        throw new SkepError('SKEP_SINK', message, 'give every agent a folder of its own: spool: { path: ... }');
      }
      await takeAway(lock, holder);
    }
  } finally {
    await unlink(fresh);
  }
  return () => unlink(lock).catch(() => undefined);
}

/** Remove a lock whose holder is gone; put it back when another process was quicker and it is a new one. */
async function takeAway(lock: string, holder: string): Promise<void> {
  const aside = `${lock}.stale.${process.pid}`;
  if (!(await succeeds(rename(lock, aside), 'ENOENT'))) return;
  if ((await readFile(aside, 'utf8')) !== holder) await link(aside, lock).catch(() => undefined);
  await unlink(aside);
}

async function succeeds(work: Promise<unknown>, unless: string): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === unless) return false;
    throw error;
  }
}

function isAlive(holder: string): boolean {
  const [pid, start] = holder.trim().split(' ');
  return pid !== undefined && start !== undefined && startOf(Number(pid)) === start;
}

/** When a process started, in clock ticks since boot; undefined when it has ended, though nobody has asked for its status. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
