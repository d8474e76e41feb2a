import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Accelerator, chooseAccelerator } from './accelerator.js';
import { VmError } from './errors.js';
import { type CachedKernel, fetchKernel } from './fetch.js';
import { guestFiles } from './guest-files.js';
import { ensureHostPackages } from './host-packages.js';
import { initramfsFor } from './initramfs.js';
import { watch } from './machine.js';
import { DEFAULT_CPUS, DEFAULT_MEMORY_MB, type VmOptions, type VmResult } from './options.js';
import { qemuCommand } from './qemu.js';
import { parseSizeBytes } from './units.js';

/**
 * Boot a kernel under QEMU and run one command in it, with this machine's files at their places and every write lost
 * afterwards, except under /vmout and on disks given as files.
 *
 * @throws VmError VM_PANIC, VM_BOOT, VM_TIMEOUT, VM_GUEST, VM_QEMU with the console; VM_FETCH, VM_HOST, VM_USAGE before.
 */
export async function runInVm(options: VmOptions): Promise<VmResult> {
  if (options.command.length === 0) throw new VmError('VM_USAGE', 'no command to run', 'Give one after --.');
  await ensureHostPackages();
  const fetchOptions = {
    headers: options.headers ?? false,
    ...(options.log === undefined ? {} : { log: options.log }),
  };
  const kernel = await fetchKernel(options.kernel, fetchOptions);
  const accelerator = await chooseAccelerator(options.accelerator ?? 'auto', kernel, (trial) =>
    boot(kernel, 'kvm', { kernel: options.kernel, cwd: '/', ...trial }, () => {}),
  );
  let hasStarted = false;
  const onStart = () => {
    hasStarted = true;
  };
  try {
    return await boot(kernel, accelerator, options, onStart);
  } catch (error) {
    const isPanic = error instanceof VmError && error.code === 'VM_PANIC';
    if (!isPanic || hasStarted || accelerator !== 'tcg') throw error;
    // Seen with QEMU 7.2 and two processors on a busy host: one runs into the int3 of a patch the other has finished.
    // Nothing of the caller's has run yet, so another boot is safe; a kernel that cannot boot panics again.
    options.log?.(`${error.message}; booting once more`);
    return boot(kernel, accelerator, options, onStart);
  }
}

/** One machine, from its temporary files to their removal. */
async function boot(
  kernel: CachedKernel,
  accelerator: Accelerator,
  options: VmOptions,
  onStart: () => void,
): Promise<VmResult> {
  const folder = mkdtempSync(join(tmpdir(), 'skep-vm-'));
  try {
    const disks = (options.disks ?? []).map((disk, at) => diskFile(disk, join(folder, `disk${at}`)));
    const outFolder = options.out === undefined ? undefined : resolve(options.out);
    if (outFolder !== undefined) mkdirSync(outFolder, { recursive: true });
    const initrd = join(folder, 'initrd');
    const files = guestFiles({
      kernel,
      command: options.command,
      cwd: resolve(options.cwd ?? process.cwd()),
      env: { ...basicEnv(), ...options.env },
      modules: options.modules ?? [],
      diskCount: disks.length,
      hasOutput: outFolder !== undefined,
    });
    writeFileSync(initrd, Buffer.concat([await initramfsFor(kernel), files]));
    const command = qemuCommand({
      accelerator,
      cpus: options.cpus ?? DEFAULT_CPUS,
      memoryMb: options.memoryMb ?? DEFAULT_MEMORY_MB,
      image: kernel.image,
      initrd,
      append: options.append ?? [],
      kernelFolder: kernel.folder,
      outFolder,
      disks,
    });
    return await watch(command, kernel.release, options, onStart);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A disk of a size is a file with a hole in it, which takes no room until it is written to. */
function diskFile(disk: string, temporary: string): string {
  const sizeBytes = parseSizeBytes(disk);
  if (sizeBytes !== undefined) {
    closeSync(openSync(temporary, 'w'));
    truncateSync(temporary, sizeBytes);
    return temporary;
  }
  if (existsSync(disk)) return resolve(disk);
  throw new VmError(
    'VM_USAGE',
    `--disk ${disk}: no such file, and no size`,
    'Give a raw image file, or a size such as 1G.',
  );
}

function basicEnv(): Record<string, string> {
  // Not /bin and /sbin: where they are links, bpftrace finds each program twice and refuses to choose.
  const always = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin'];
  const folders = new Set([...(process.env.PATH ?? '').split(':').filter(Boolean), ...always]);
  return {
    PATH: [...folders].join(':'),
    HOME: process.env.HOME ?? '/root',
    USER: 'root',
    TERM: 'dumb',
    LANG: process.env.LANG ?? 'C.UTF-8',
  };
}
