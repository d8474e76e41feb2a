import { existsSync, readFileSync } from 'node:fs';
import { type Capability, SkepError, type SkepErrorOptions } from '@skep/core';
import type { ProgramInfo } from '../btf/index.js';
import { missingOf, type Requirement, requirementsOf } from './requirements.js';

const LOCKDOWN = '/sys/kernel/security/lockdown';

/** SKEP_PERMISSION of a process that has not got the capabilities; with them it might work. */
export class LacksCapabilities extends SkepError {
  readonly missing: readonly Requirement[];

  /** @param reasons lines to stand before the remedy */
  constructor(message: string, missing: readonly Requirement[], options: SkepErrorOptions = {}, reasons = '') {
    super('SKEP_PERMISSION', message, `${reasons}${reasons && '\n'}${remedyOf(missing)}`, options);
    this.missing = missing;
  }
}

/** What an error says is missing; nothing when that is not why it came about. */
export function lackedBy(error: SkepError): readonly Requirement[] {
  return 'missing' in error ? (error as LacksCapabilities).missing : [];
}

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
  if (missing.length > 0) return new LacksCapabilities(`${what}: ${lackText(missing)}`, missing, options);
  return new SkepError('SKEP_PERMISSION', `${what}: ${said}`, otherReason(), options);
}

/** `CAP_BPF is missing (to load BPF programs), CAP_PERFMON is missing (to trace the kernel)`. */
export function lackText(missing: readonly Requirement[]): string {
  return missing.map(({ capability, why }) => `${capability} is missing (${why})`).join(', ');
}

export function namesOf(requirements: readonly Requirement[]): Capability[] {
  return requirements.map(({ capability }) => capability);
}

/** What to do about it, a line for each way. */
export function remedyOf(missing: readonly Requirement[]): string {
  const names = namesOf(missing).join(', ');
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
