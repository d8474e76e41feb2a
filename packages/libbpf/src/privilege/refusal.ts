import { existsSync, readFileSync } from 'node:fs';
import { SkepError, type SkepErrorOptions } from '@skep/core';
import type { ProgramInfo } from '../btf/index.js';
import { missingOf, type Requirement, requirementsOf } from './requirements.js';

const LOCKDOWN = '/sys/kernel/security/lockdown';

/**
 * What EPERM or EACCES meant: the capabilities that are missing, by name, or what else forbids it to who has them all.
 *
 * @param what the sentence so far, such as `the kernel refused program x of y`
 * @param said the kernel's own words
 */
export function refusal(
  what: string,
  said: string,
  programs: readonly ProgramInfo[],
  options: SkepErrorOptions = {},
): SkepError {
  const missing = missingOf(requirementsOf(programs));
  if (missing.length > 0)
    return new SkepError('SKEP_PERMISSION', `${what}: ${lackText(missing)}`, remedyOf(missing), options);
  return new SkepError('SKEP_PERMISSION', `${what}: ${said}`, otherReason(), options);
}

/** `CAP_BPF is missing (to load BPF programs), CAP_PERFMON is missing (to trace the kernel)`. */
export function lackText(missing: readonly Requirement[]): string {
  return missing.map(({ capability, why }) => `${capability} is missing (${why})`).join(', ');
}

/** What to do about it, a line for each way. */
export function remedyOf(missing: readonly Requirement[]): string {
  const names = missing.map(({ capability }) => capability).join(', ');
  const instead = missing.map((one) => one.instead).filter((text) => text !== '');
  return [
    `run as root, or grant ${names}: skep explain shows how`,
    ...instead.map((text) => `or, as root: ${text}`),
  ].join('\n');
}

function otherReason(): string {
  const mode = existsSync(LOCKDOWN) ? /\[(\w+)\]/.exec(readFileSync(LOCKDOWN, 'utf8'))?.[1] : undefined;
  const because =
    mode !== undefined && mode !== 'none' ? `its lockdown is ${mode}` : 'lockdown, or another security module';
  return `no capability is missing: this kernel does not allow this kind of program (${because})`;
}
