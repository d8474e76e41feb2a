import { describe, expect, it } from 'vitest';
import { capsetWords, holdsCapability, maskOf, readCredentials, smallestSet, weightOf } from './capabilities.js';

describe('a set of capabilities', () => {
  it('has the bits of the kernel', () => {
    expect(maskOf(['CAP_BPF', 'CAP_PERFMON'])).toBe(0xc000000000n);
    expect(maskOf(['CAP_SYS_ADMIN'])).toBe(0x200000n);
    expect(maskOf([])).toBe(0n);
  });

  it('holds CAP_BPF and CAP_PERFMON with CAP_SYS_ADMIN, and not the other way round', () => {
    const admin = maskOf(['CAP_SYS_ADMIN']);
    expect(holdsCapability(admin, 'CAP_BPF')).toBe(true);
    expect(holdsCapability(admin, 'CAP_PERFMON')).toBe(true);
    expect(holdsCapability(admin, 'CAP_DAC_READ_SEARCH')).toBe(false);
    expect(holdsCapability(maskOf(['CAP_BPF', 'CAP_PERFMON']), 'CAP_SYS_ADMIN')).toBe(false);
  });

  it('names each once, and none that another stands for', () => {
    expect(smallestSet(['CAP_PERFMON', 'CAP_BPF', 'CAP_PERFMON'])).toEqual(['CAP_PERFMON', 'CAP_BPF']);
    expect(smallestSet(['CAP_BPF', 'CAP_SYS_ADMIN', 'CAP_DAC_READ_SEARCH'])).toEqual([
      'CAP_DAC_READ_SEARCH',
      'CAP_SYS_ADMIN',
    ]);
  });

  it('weighs CAP_SYS_ADMIN more than anything else together', () => {
    const without = weightOf(['CAP_BPF', 'CAP_PERFMON', 'CAP_DAC_READ_SEARCH', 'CAP_SYS_RESOURCE']);
    expect(weightOf(['CAP_SYS_ADMIN'])).toBeGreaterThan(without);
  });

  it('is laid out for capset(2): effective, permitted, inheritable, the low words first', () => {
    expect(capsetWords(maskOf(['CAP_SYS_PTRACE', 'CAP_BPF'])).data).toEqual([1 << 19, 1 << 19, 0, 1 << 7, 1 << 7, 0]);
  });

  it('is read from this process', () => {
    expect(readCredentials().uids).toEqual(Array(4).fill(process.getuid!()));
  });
});
