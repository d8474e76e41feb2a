import { describe, expect, it } from 'vitest';
import { type KernelCell, kernelsPage } from './kernels-page.js';

const cell = (kernel: string, verdict: string, more: Partial<KernelCell> = {}): KernelCell => ({
  tool: 'tool',
  set: ['enter', 'exit'],
  kernel,
  release: `${kernel}.0`,
  verdict,
  reason: '',
  programs: [],
  ...more,
});
const cost = (insns: number) => ({ programs: [{ name: 'enter', section: 'kprobe/f', insns }] });

const PAGE = kernelsPage([
  cell('here', 'seen', cost(40)),
  cell('6.1', 'wrong', { reason: '6 of 7\nrows | seen' }),
  cell('5.10', 'refused', { reason: 'EPERM' }),
  cell('5.10', 'refused', { set: ['other'], reason: 'EPERM' }),
  cell('here', 'seen', { set: ['enter'], ...cost(70) }),
]);

describe('the page of kernels', () => {
  it('has a column for each kernel, oldest first, and a row for each set', () => {
    expect(PAGE).toContain('| Tool | Attach set | 5.10 | 6.1 | here |');
    expect(PAGE).toContain('| tool | `enter` `exit` | refused[^1] | **wrong**[^2] | seen |');
    expect(PAGE).toContain('| | `other` | refused[^1] | - | - |');
  });

  it('says a reason once, in one line that is no table', () => {
    expect(PAGE.match(/^\[\^\d+\]: .*$/gm)).toEqual(['[^1]: EPERM', '[^2]: 6 of 7; rows \\| seen']);
  });

  it('has the most that a program costs in any of its sets', () => {
    expect(PAGE).toContain('| tool | `enter` | `kprobe/f` | - | - | 70 |');
  });
});
