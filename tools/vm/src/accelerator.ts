import { accessSync, constants, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { writeAtomically } from './cache.js';
import type { CachedKernel } from './fetch.js';

export type Accelerator = 'kvm' | 'tcg';

/**
 * KVM when a trial boot of this kernel works under it, else emulation.
 *
 * /dev/kvm being there proves little: paravirtual hosts offer one that ordinary kernels do not boot under. The answer
 * is kept with the kernel, for this host's kernel.
 */
export async function chooseAccelerator(
  wanted: Accelerator | 'auto',
  kernel: CachedKernel,
  tryKvm: (options: { command: string[]; timeoutMs: number }) => Promise<unknown>,
): Promise<Accelerator> {
  if (wanted !== 'auto') return wanted;
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return 'tcg';
  }
  const file = join(kernel.folder, 'accelerator.json');
  try {
    const known = JSON.parse(readFileSync(file, 'utf8')) as { host: string; accelerator: Accelerator };
    if (known.host === release()) return known.accelerator;
  } catch {} // not tried yet
  let accelerator: Accelerator = 'kvm';
  try {
    await tryKvm({ command: ['true'], timeoutMs: 30_000 });
  } catch {
    accelerator = 'tcg';
  }
  writeAtomically(file, `${JSON.stringify({ host: release(), accelerator })}\n`);
  return accelerator;
}
