import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The process that has the engine's folder, if another one has. The engine locks its file `status` with flock(2), and
 * says only to standard error why it does not start; the kernel lists the locks.
 */
export function holderOf(engine: string): number | undefined {
  try {
    const inode = statSync(join(engine, 'status')).ino;
    const lock = new RegExp(`FLOCK +\\S+ +WRITE +(\\d+) +\\S+:${inode} `);
    const pid = Number(lock.exec(readFileSync('/proc/locks', 'utf8'))?.[1] ?? 0);
    return pid > 0 && pid !== process.pid ? pid : undefined;
  } catch {
    return undefined;
  }
}
