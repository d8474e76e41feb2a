import { fileURLToPath } from 'node:url';
import { importPlugin } from '@skep/build';
import { describe, expect, it } from 'vitest';
import { KERNELS, plannedSet } from './plugin-plans.js';

const runqlat = importPlugin(fileURLToPath(new URL('../../../plugins/scheduler/runqlat', import.meta.url)));

describe('plannedSet', () => {
  it('gives the first set that each known kernel takes', async () => {
    expect(KERNELS).toContain('5.10');
    for (const kernel of KERNELS) {
      expect(plannedSet(await runqlat, { kernel })).toEqual(['wakeup_btf', 'start_btf', 'switch_btf']);
    }
  });

  it('gives the next one where a feature is taken to be missing, and none where all are', async () => {
    const plugin = await runqlat;
    const without = ['tp_btf'];
    expect(plannedSet(plugin, { kernel: '6.1', without })).toEqual(['wakeup_raw', 'start_raw', 'switch_raw']);
    expect(plannedSet(plugin, { kernel: '6.1', without: ['tp_btf', 'raw_tp'] })).toEqual([]);
  });

  it('names the nearest for what it does not know', async () => {
    const plugin = await runqlat;
    expect(() => plannedSet(plugin, { kernel: '6.2' })).toThrow(expect.objectContaining({ code: 'SKEP_USAGE' }));
    expect(() => plannedSet(plugin, { kernel: '6.1', without: ['tp_btff'] })).toThrow(/tp_btf/);
  });
});
