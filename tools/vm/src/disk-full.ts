import { VmError } from './errors.js';

/** Whether a program said, or a call failed with, "no space left on device". */
export function isDiskFull(problem: unknown): boolean {
  if (typeof problem === 'string') return /No space left on device|enough free space/.test(problem);
  return (problem as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC';
}

/** A kernel takes 400 MB, and twice that while it is unpacked. */
export function noRoom(folder: string, message: string): VmError {
  const remedy = 'Make 1 GB free there, or keep kernels elsewhere: SKEP_CACHE=<folder>.';
  return new VmError('VM_FETCH', `${message}\n  No room is left on the disk of ${folder}.`, remedy);
}
