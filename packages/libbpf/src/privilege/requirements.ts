import type { Capability } from '@skep/core';
import type { ProgramInfo } from '../btf/index.js';
import { holdsCapability, readCredentials, smallestSet } from './capabilities.js';
import { memoryIsLimited, perfNeedsAdmin, tracefsIsClosed, uprobesNeedAdmin } from './kernel-rules.js';

/** A capability that loading or attaching needs on this kernel, with its present settings. */
export interface Requirement {
  readonly capability: Capability;
  /** Completes "it is needed ...". */
  readonly why: string;
  /** What an administrator can do so that it is not needed; '' when nothing. */
  readonly instead: string;
}

const LOAD: readonly Requirement[] = [
  { capability: 'CAP_BPF', why: 'to load BPF programs', instead: '' },
  { capability: 'CAP_PERFMON', why: 'to trace the kernel', instead: '' },
];
const MEMORY: Requirement = {
  capability: 'CAP_SYS_RESOURCE',
  why: 'to raise the limit of locked memory, which kernels before 5.11 charge maps to',
  instead: 'start it with an unlimited one: ulimit -l unlimited, LimitMEMLOCK=infinity',
};
const PERF: Requirement = {
  capability: 'CAP_SYS_ADMIN',
  why: 'to open perf events, since kernel.perf_event_paranoid is above 2',
  instead: 'sysctl kernel.perf_event_paranoid=2',
};
const UPROBE: Requirement = {
  capability: 'CAP_SYS_ADMIN',
  why: 'for user probes, which this kernel allows nobody else',
  instead: '',
};
const TRACEFS: Requirement = {
  capability: 'CAP_DAC_READ_SEARCH',
  why: 'to read the numbers of tracepoints in tracefs',
  instead: 'open it to a group: mount -o remount,gid=GROUP,mode=0750 /sys/kernel/tracing',
};

/** What an ordinary user needs to load these programs and attach them, as this kernel answers. */
export function requirementsOf(programs: readonly ProgramInfo[]): Requirement[] {
  const parts = programs.map(({ section }) => /^([^/]+)\/?(.*)$/.exec(section) ?? ['', '', '']);
  const kinds = (pattern: RegExp) => parts.filter(([, kind]) => pattern.test(kind!));
  const found: Requirement[] = [...LOAD];
  if (memoryIsLimited()) found.push(MEMORY);
  const throughPerf = kinds(/^(tp|tracepoint|k(ret)?probe|ksyscall|kretsyscall|u(ret)?probe|usdt|perf_event)$/);
  if (throughPerf.length > 0 && perfNeedsAdmin()) found.push(PERF);
  else if (kinds(/^(u(ret)?probe|usdt)$/).length > 0 && uprobesNeedAdmin()) found.push(UPROBE);
  if (kinds(/^(tp|tracepoint)$/).some(([, , event]) => tracefsIsClosed(event!))) found.push(TRACEFS);
  const needed = smallestSet(found.map(({ capability }) => capability));
  return found.filter(({ capability }) => needed.includes(capability));
}

/** Those of them that this process does not have. */
export function missingOf(requirements: readonly Requirement[]): Requirement[] {
  const { effective } = readCredentials();
  return requirements.filter(({ capability }) => !holdsCapability(effective, capability));
}
