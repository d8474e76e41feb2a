import { SkepError } from '@skep/core';
import { readElf } from '../btf/index.js';
import { HELPER_NAMES } from './helper-names.js';
import { CALL, CALL_KIND } from './instruction.js';

/** Helpers that change what is traced instead of watching it. A plugin that calls one needs leave to, by name. */
export const GUARDED_HELPERS = [
  'bpf_probe_write_user',
  'bpf_override_return',
  'bpf_send_signal',
  'bpf_send_signal_thread',
  // A kernel function, since Linux 6.13: its name stands among the symbols.
  'bpf_send_signal_task',
] as const;

const BY_NUMBER = new Map<number, string>(
  GUARDED_HELPERS.map((name) => [HELPER_NAMES.indexOf(name.slice('bpf_'.length)), name]),
);
BY_NUMBER.delete(-1);

const known = new WeakMap<Uint8Array, readonly string[]>();

/**
 * Guarded helpers that an object's code calls, in any of its programs, loaded or not. The same bytes are searched once:
 * nobody writes to what was read of an object.
 *
 * @throws SkepError SKEP_SCHEMA when the bytes are not an object.
 */
export function guardedHelpers(object: Uint8Array): readonly string[] {
  let called = known.get(object);
  if (!called) {
    called = searched(object);
    known.set(object, called);
  }
  return called;
}

function searched(object: Uint8Array): string[] {
  const { sections, symbols } = readElf(object);
  const called = new Set(sections.flatMap(({ isCode, data }) => (isCode ? guardedCalls(data) : [])));
  const names: readonly string[] = GUARDED_HELPERS;
  for (const { name, section } of symbols) if (section === 0 && names.includes(name)) called.add(name);
  return [...called];
}

/** The same of bare instructions, as they are given to the kernel. */
export function guardedCalls(instructions: Uint8Array): string[] {
  const view = new DataView(instructions.buffer, instructions.byteOffset, instructions.byteLength);
  const called = new Set<string>();
  for (let at = 0; at + 8 <= instructions.length; at += 8) {
    if (view.getUint8(at) !== CALL || view.getUint8(at + 1) >>> 4 !== CALL_KIND.helper) continue;
    const name = BY_NUMBER.get(view.getInt32(at + 4, true));
    if (name !== undefined) called.add(name);
  }
  return [...called];
}

/** @throws SkepError SKEP_HELPER when `called` has helpers that are not allowed. */
export function refuseGuarded(owner: string, called: readonly string[], allowed: readonly string[] = []): void {
  const refused = called.filter((name) => !allowed.includes(name));
  if (refused.length === 0) return;
  const names = refused.join(', ');
  throw new SkepError(
    'SKEP_HELPER',
    `${owner} calls ${names}, which ${refused.length === 1 ? 'changes' : 'change'} what is traced`,
    `if that is what you want: allow: [${names}] in its entry, or --allow ${names.replaceAll(', ', ',')}`,
  );
}
