import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A block device over a file. */
export interface ScratchDisk {
  /** As in /proc/diskstats. */
  readonly name: string;
  readonly path: string;
  detach(): void;
}

/** A loop device over a new file in `folder`; the reason when this machine has none to give. */
export function scratchDisk(folder: string, bytes: number): ScratchDisk | string {
  const file = join(mkdtempSync(join(folder, 'disk-')), 'image');
  writeFileSync(file, '');
  truncateSync(file, bytes);
  // Debian builds loop devices as a module, and nothing loads it where no udev runs.
  if (!existsSync('/dev/loop-control')) spawnSync('modprobe', ['loop']);
  const { status, stdout, stderr } = spawnSync('losetup', ['--find', '--show', file], { encoding: 'utf8' });
  if (status !== 0) return `no loop device: ${stderr?.trim() || 'losetup is not installed'}`;
  const path = stdout.trim();
  return { name: basename(path), path, detach: () => void spawnSync('losetup', ['--detach', path]) };
}
