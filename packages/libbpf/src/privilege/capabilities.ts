import { readFileSync } from 'node:fs';
import { CAPABILITIES, type Capability } from '@skep/core';
import { libc } from '../native/libc.js';

/** `_LINUX_CAPABILITY_VERSION_3`: two words of 32 bits for each set. */
const VERSION = 0x20080522;

/** What a thread may do, as `/proc/PID/status` writes it. */
export interface Credentials {
  readonly uids: readonly number[];
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly noNewPrivs: boolean;
}

/** @param file a `status` of proc(5); default: of this process's first thread, on which all JavaScript runs */
export function readCredentials(file = '/proc/self/status'): Credentials {
  const text = readFileSync(file, 'latin1');
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '0';
  return {
    uids: field('Uid').split(/\s+/).map(Number),
    effective: BigInt(`0x${field('CapEff')}`),
    permitted: BigInt(`0x${field('CapPrm')}`),
    noNewPrivs: field('NoNewPrivs') === '1',
  };
}

/** The bits of a set. */
export function maskOf(capabilities: readonly Capability[]): bigint {
  return capabilities.reduce((mask, name) => mask | (1n << BigInt(CAPABILITIES.indexOf(name))), 0n);
}

/** Split off from CAP_SYS_ADMIN in Linux 5.8, which still stands for both. */
const PARTS_OF_ADMIN: readonly Capability[] = ['CAP_BPF', 'CAP_PERFMON'];

/** Whether a set holds a capability, or one that stands for it. */
export function holdsCapability(mask: bigint, name: Capability): boolean {
  const names: readonly Capability[] = PARTS_OF_ADMIN.includes(name) ? [name, 'CAP_SYS_ADMIN'] : [name];
  return (mask & maskOf(names)) !== 0n;
}

/** Every capability once, in the order of their bits, without those that another one of the list stands for. */
export function smallestSet(capabilities: readonly Capability[]): Capability[] {
  const all = new Set(capabilities);
  return CAPABILITIES.filter((name) => all.has(name) && !(all.has('CAP_SYS_ADMIN') && PARTS_OF_ADMIN.includes(name)));
}

/** What a capability gives away beyond its purpose here: CAP_SYS_ADMIN most of root, CAP_DAC_READ_SEARCH every file. */
const WEIGHTS: Partial<Record<Capability, number>> = { CAP_SYS_ADMIN: 100, CAP_DAC_READ_SEARCH: 10 };

/** For comparing sets: the lower, the less whoever has it may do. */
export function weightOf(capabilities: readonly Capability[]): number {
  return capabilities.reduce((sum, name) => sum + (WEIGHTS[name] ?? 1), 0);
}

/**
 * Do something with no more than these capabilities in effect on this thread, to learn what it needs; what is permitted
 * stays, and is in effect again afterwards.
 */
export function withOnly<T>(capabilities: readonly Capability[], look: () => T): T {
  const header = Uint32Array.of(VERSION, 0);
  const before = new Uint32Array(6);
  if (libc().capget(header, before) < 0) return look();
  const wanted = maskOf(capabilities);
  const during = before.slice();
  // Per word: effective, permitted, inheritable.
  during[0] = before[1]! & Number(wanted & 0xffff_ffffn);
  during[3] = before[4]! & Number(wanted >> 32n);
  libc().capset(header, during);
  try {
    return look();
  } finally {
    libc().capset(header, before);
  }
}

/** `struct __user_cap_header_struct` and data of capset(2) that leave `kept` alone, permitted and in effect. */
export function capsetWords(kept: bigint): { readonly header: readonly number[]; readonly data: readonly number[] } {
  const low = Number(kept & 0xffff_ffffn);
  const high = Number(kept >> 32n);
  return { header: [VERSION, 0], data: [low, low, 0, high, high, 0] };
}
