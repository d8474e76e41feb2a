import { cpio } from './cpio.js';
import type { CachedKernel } from './fetch.js';
import { quote } from './shell.js';

/** What one run tells the guest. */
export interface GuestRun {
  readonly kernel: CachedKernel;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly modules: readonly string[];
  readonly diskCount: number;
  readonly hasOutput: boolean;
}

/** Folders that hold what belongs to the running host: sockets, locks, other people's mounts. */
const TMPFS = ['tmp', 'run', 'mnt', 'var/tmp'];

/**
 * The second, small archive that goes after the cached one: settings and the command of this run.
 *
 * Both are shell text, sourced by the stages in `guest/`.
 */
export function guestFiles(guest: GuestRun): Buffer {
  return cpio([
    { path: 'skep/run.conf', data: Buffer.from(guestSettings(guest)) },
    { path: 'skep/command', data: Buffer.from(commandScript(guest)) },
  ]);
}

/** Assignments that both stages read. */
export function guestSettings(guest: GuestRun): string {
  // The caller's folder stays in sight, also under /tmp. /run never does: the stages keep their own files there.
  const tmpfs = TMPFS.filter((folder) => folder === 'run' || !`${guest.cwd}/`.startsWith(`/${folder}/`));
  const lower = [...(guest.kernel.headers === undefined ? [] : ['/kernel/headers']), '/kernel/root'].join(':');
  const settings = [
    `RELEASE=${quote(guest.kernel.release)}`,
    'HOSTNAME=skep-vm',
    `TMPFS=${quote(tmpfs.join(' '))}`,
    `LOWER=${lower}`,
    `OUT=${guest.hasOutput ? 1 : 0}`,
    `DISKS=${guest.diskCount}`,
    `MODULES=${quote(guest.modules.join('\n'))}`,
  ];
  return `${settings.join('\n')}\n`;
}

/** Runs the command in its folder, with its environment and nothing else. */
export function commandScript(guest: GuestRun): string {
  const env = Object.entries(guest.env).map(([name, value]) => quote(`${name}=${value}`));
  const words = ['exec env -i', ...env, '/bin/sh -c', quote('cd "$1" && shift && exec "$@"'), 'sh'];
  return `${words.join(' ')} ${[guest.cwd, ...guest.command].map(quote).join(' ')}\n`;
}
