import { VmError } from './errors.js';

/** A kernel Debian ships, and where. `securitySuite` often holds the newer build of the same kernel. */
export interface KnownKernel {
  readonly name: string;
  readonly suite: string;
  readonly securitySuite?: string;
  /** How its releases begin; empty for a suite whose kernel moves. */
  readonly releasePrefix: string;
  readonly note: string;
}

/** The kernels skep is tested on, oldest first. */
export const KERNELS: readonly KnownKernel[] = [
  {
    name: '5.10',
    suite: 'bullseye',
    securitySuite: 'bullseye-security',
    releasePrefix: '5.10.',
    note: 'the oldest supported',
  },
  {
    name: '6.1',
    suite: 'bookworm',
    securitySuite: 'bookworm-security',
    releasePrefix: '6.1.',
    note: 'Debian 12',
  },
  { name: '6.12', suite: 'bookworm-backports', releasePrefix: '6.12.', note: 'Debian 13, and 12 by backports' },
  { name: 'sid', suite: 'sid', releasePrefix: '', note: 'the newest Debian has' },
];

/** @throws VmError VM_USAGE naming the known ones. */
export function kernelNamed(name: string): KnownKernel {
  const found = KERNELS.find((kernel) => kernel.name === name);
  if (found === undefined) {
    const names = KERNELS.map((kernel) => kernel.name).join(', ');
    throw new VmError('VM_USAGE', `unknown kernel "${name}"`, `Known kernels: ${names}.`);
  }
  return found;
}
