import type { Log } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { readObject } from '../btf/index.js';
import { noKernel } from '../kernel-fixture.js';
import { liveKernel } from '../kernels/index.js';
import { BpfObject } from '../object.js';
import { programBytes, reached } from './fixture.js';
import { readCode } from './object-code.js';
import { CASES, LOCAL } from './reach-fixture.js';

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

describe.skipIf(noKernel)('what this kernel’s verifier makes of reads of what is gone', () => {
  const bodies = CASES.map(([, body]) => body);
  const bytes = noKernel ? new Uint8Array() : programBytes(LOCAL, bodies);
  const there = '#define READ BPF_CORE_READ((struct task_struct *)ctx[0], pid)';

  it.each(CASES.map(([title], i) => [title, `p${i || ''}`]))('%s', (_, name) => {
    const { poisoned } = reached(readCode(bytes), name, liveKernel().tables);
    const isRefused = poisoned.some(({ isCertain }) => isCertain);
    const isOpen = poisoned.length > 0 && !isRefused;
    if (!isOpen) expect(loads(bytes, name)).toBe(!isRefused);
  });

  it('takes every one of them when what they read is there: nothing else is wrong with them', () => {
    const control = programBytes(`${there}\n${LOCAL}`, bodies);
    const refused = CASES.filter((_, i) => !loads(control, `p${i || ''}`));
    expect(refused.map(([title]) => title)).toEqual([]);
  });
});

/** Whether the program of an object loads on this kernel. */
function loads(bytes: Uint8Array, name: string): boolean {
  const object = new BpfObject('reach', { bytes, info: readObject(bytes) }, SILENT);
  try {
    object.select(new Set([name]));
    object.load();
    return true;
  } catch {
    return false;
  } finally {
    object.close();
  }
}
