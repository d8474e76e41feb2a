import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const TRACING = '/sys/kernel/tracing';

/** Mounts tracefs where the peers look for it; a mount that is there stays as it is. */
export function prepareTracefs(): void {
  if (!existsSync(`${TRACING}/events`)) execFileSync('mount', ['-t', 'tracefs', 'nodev', TRACING]);
}
