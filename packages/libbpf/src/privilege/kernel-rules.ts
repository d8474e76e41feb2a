import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { EACCES, EPERM } from '../errno.js';
import { errno, libc, perfEventOpen } from '../native/libc.js';
import { findTracefs } from '../tracefs.js';
import { withOnly } from './capabilities.js';

const PERF_TYPE_SOFTWARE = 1;
const ATTR_SIZE = 128;
const EXCLUDE_KERNEL = 1n << 5n;

/**
 * Whether perf events are for CAP_SYS_ADMIN alone: kernel.perf_event_paranoid above 2 on Debian's and Ubuntu's kernels.
 * Asked by opening one; on other kernels a 3 means no more than a 2.
 */
export function perfNeedsAdmin(): boolean {
  return withOnly(['CAP_PERFMON'], () => isRefused(PERF_TYPE_SOFTWARE));
}

/**
 * Whether user probes are for CAP_SYS_ADMIN: CAP_PERFMON was enough from Linux 5.8 on, until it was seen in 2025 that a
 * probe in the middle of an instruction destroys it (Linux 6.16, commit ba677dbe77af, and the stable kernels since).
 * Asked by opening one without a file, which is looked at after the privilege. Who lacks CAP_PERFMON learns yes.
 */
export function uprobesNeedAdmin(): boolean {
  let type: number;
  try {
    type = Number(readFileSync('/sys/bus/event_source/devices/uprobe/type', 'utf8'));
  } catch {
    return true;
  }
  return withOnly(['CAP_PERFMON'], () => isRefused(type));
}

function isRefused(type: number): boolean {
  const attr = new Uint8Array(ATTR_SIZE);
  const view = new DataView(attr.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, ATTR_SIZE, true);
  view.setBigUint64(40, EXCLUDE_KERNEL, true);
  const fd = perfEventOpen(attr, 0, -1);
  const code = errno();
  if (fd >= 0) libc().close(fd);
  return fd < 0 && (code === EACCES || code === EPERM);
}

/**
 * Whether an ordinary user must be given a capability to read `events/<category>/<name>/id` of tracefs. As root it is
 * told from the modes, for whoever is not in the group.
 *
 * @param event category and name, such as `syscalls/sys_exit_openat`
 */
export function tracefsIsClosed(event: string): boolean {
  const folder = withOnly(['CAP_DAC_READ_SEARCH'], findTracefs);
  if (folder === undefined) return true;
  const id = `${folder}/events/${event}/id`;
  if (process.getuid?.() === 0)
    return !isForOthers(folder, 0o1) || !isForOthers(`${folder}/events`, 0o1) || !isForOthers(id, 0o4);
  return withOnly([], () => !isReadable(id));
}

function isForOthers(path: string, bit: number): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & bit) !== 0;
}

/** Whether /proc/kallsyms has zeros for addresses: it goes by who opens it, kernel.kptr_restrict and perf_event_paranoid. */
export function kernelSymbolsAreHidden(): boolean {
  return withOnly([], () => {
    const text = new Uint8Array(16);
    try {
      const fd = openSync('/proc/kallsyms', 'r');
      readSync(fd, text);
      closeSync(fd);
    } catch {
      return true;
    }
    return text.every((digit) => digit === 0x30);
  });
}

/** By opening it: access(2) judges by the real user, and ignores capabilities. */
export function isReadable(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'));
    return true;
  } catch {
    return false;
  }
}

/** Whether maps count as locked memory and this process has a limit of it; memory cgroups count them from 5.11 on. */
export function memoryIsLimited(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  if (major > 5 || (major === 5 && minor >= 11)) return false;
  const limits = readFileSync('/proc/self/limits', 'latin1');
  const hard = /^Max locked memory\s+\S+\s+(\S+)/m.exec(limits)?.[1];
  return hard !== 'unlimited';
}
