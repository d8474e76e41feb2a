import { VmError } from './errors.js';

/** What is known of a machine that ended without the status of its command. */
export interface Ending {
  readonly release: string;
  /** QEMU's exit status; null when a signal ended it. */
  readonly status: number | null;
  /** What the stages in the guest said failed. */
  readonly guestError: string | undefined;
  readonly console: string;
  /** What QEMU itself printed. */
  readonly complaint: string;
  readonly hasStarted: boolean;
}

/** Why it ended. */
export function diagnose(ending: Ending): VmError {
  const { release, status, guestError, console } = ending;
  const when = ending.hasStarted ? 'while the command ran' : 'while booting';
  if (guestError !== undefined) {
    const remedy = 'The console, if it shows anything, has what the kernel said about it.';
    return new VmError('VM_GUEST', `${release}: ${guestError}`, remedy, console);
  }
  const panic = /Kernel panic - not syncing: .*/.exec(console)?.[0].trim();
  if (panic !== undefined) {
    return new VmError('VM_PANIC', `${release} ${when}: ${panic}`, 'The call trace above says where.', console);
  }
  if (status !== 0) {
    const reason = ending.complaint.trim().split('\n').at(-1) || `status ${status}`;
    const remedy = 'Is there enough memory for it? --memory gives it less.';
    return new VmError('VM_QEMU', `QEMU ended ${when}: ${reason}`, remedy, console);
  }
  return new VmError('VM_BOOT', `${release} powered off or restarted ${when}`, 'See its console.', console);
}
