import type { Capability } from '@skep/core';
import type { StreamPlan } from '../btf/index.js';
import { stackHalves } from '../probe-stacks.js';
import { kernelSymbolsAreHidden } from './kernel-rules.js';
import type { Requirement } from './requirements.js';

const KERNEL: Requirement = {
  capability: 'CAP_SYSLOG',
  why: 'to name functions of the kernel',
  instead: 'sysctl kernel.kptr_restrict=0 kernel.perf_event_paranoid=1',
};
const USER: Requirement = {
  capability: 'CAP_SYS_PTRACE',
  why: "to name functions of other users' processes",
  instead: '',
};

/** What an ordinary user needs so that the stacks of these streams have names; without it they are traced all the same. */
export function namingRequirements(plans: readonly StreamPlan[]): Requirement[] {
  const { kernel, user } = stackHalves(plans);
  return [...(kernel && kernelSymbolsAreHidden() ? [KERNEL] : []), ...(user ? [USER] : [])];
}

/** The same of a probe that makes its rows itself: it keeps the right to look into processes where it names their code. */
export function namingOfProbe({ needs = [] }: { readonly needs?: readonly Capability[] }): Requirement[] {
  return needs.includes(USER.capability) ? [USER] : [];
}
