import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { VmError } from './errors.js';
import { run } from './process.js';

/** What the runner needs of the host: a program, and the Debian package it comes in. */
export const HOST_PACKAGES = [
  { package: 'qemu-system-x86', program: 'qemu-system-x86_64' },
  { package: 'busybox-static', program: 'busybox' },
  { package: 'kmod', program: 'depmod' },
  { package: 'xz-utils', program: 'xz' },
  { package: 'zstd', program: 'zstd' },
  { package: 'util-linux', program: 'setpriv' },
] as const;

/**
 * Make sure they are there. Root gets what is missing installed, and is told; anyone else is told the command.
 *
 * @throws VmError VM_HOST
 */
export async function ensureHostPackages(): Promise<void> {
  if (process.arch !== 'x64' || process.platform !== 'linux') {
    throw new VmError(
      'VM_HOST',
      `the guest runs this machine's own programs on amd64 kernels, and this machine is ${process.platform} ${process.arch}`,
      'Run it on an amd64 Linux machine.',
    );
  }
  const missing = HOST_PACKAGES.filter((needed) => findProgram(needed.program) === undefined);
  if (missing.length === 0) return;
  const names = missing.map((needed) => needed.package);
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...names];
  if (process.getuid?.() !== 0) {
    throw new VmError('VM_HOST', `missing on this machine: ${names.join(', ')}`, `Run: sudo ${install.join(' ')}`);
  }
  process.stderr.write(`vm: installing ${names.join(', ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  let installed = await run(install, { env });
  if (installed.status !== 0) {
    // Package lists older than the mirror name files that are gone.
    await run(['apt-get', 'update'], { env });
    installed = await run(install, { env });
  }
  if (installed.status !== 0) {
    const reason = installed.stderr.trim().split('\n').slice(-3).join('\n    ');
    throw new VmError('VM_HOST', `${names.join(', ')} cannot be installed\n    ${reason}`, `Run: ${install.join(' ')}`);
  }
}

/** Where a program is; the administrator's folders are searched even when the caller's PATH lacks them. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin'];
  for (const folder of folders) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {} // not here
  }
  return undefined;
}
