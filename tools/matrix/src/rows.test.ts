import type { SelfTestResult } from '@skep/runner/tool';
import { describe, expect, it } from 'vitest';
import { matrixRows } from './rows.js';

const SET = ['enter', 'exit'];
const KERNEL = { kernel: '6.1', release: '6.1.0-56-amd64' };

function result(outcome: SelfTestResult['outcome'], more: Partial<SelfTestResult> = {}): SelfTestResult {
  return { plugin: 'tool', test: 'tool', set: SET, outcome, refused: false, reason: '', seconds: 1, ...more };
}

const row = (...results: SelfTestResult[]) => matrixRows([{ tool: 'tool', set: SET }], results, KERNEL)[0]!;

describe('a row of the matrix', () => {
  it('is seen when the tests that could run here passed', () => {
    const skipped = result('skipped', { test: 'other', reason: 'no perl' });
    expect(row(result('passed'), skipped)).toMatchObject({ verdict: 'seen', reason: '', seconds: 2, ...KERNEL });
  });

  it('is wrong when one test failed, and says which and what differed', () => {
    const failed = result('failed', { test: '--pid', reason: '6 of 7 rows' });
    expect(row(result('passed'), failed)).toMatchObject({ verdict: 'wrong', reason: '--pid: 6 of 7 rows' });
  });

  it('tells what the kernel refused from what the machine lacks', () => {
    const refused = result('skipped', { refused: true, reason: 'EPERM' });
    expect(row(refused, refused)).toMatchObject({ verdict: 'refused', reason: 'EPERM' });
    expect(row(result('skipped', { reason: 'no perl' }))).toMatchObject({ verdict: 'skipped', reason: 'no perl' });
  });

  it('is there for a set that no test uses', () => {
    expect(row(result('passed', { set: ['enter'] }))).toMatchObject({
      verdict: 'skipped',
      reason: 'no self-test uses this set',
    });
  });

  it('is of all tests of a tool that attaches what its options say, whatever they attached', () => {
    const results = [
      result('passed', { set: ['count_event'] }),
      result('passed', { set: [] }),
      result('passed', { plugin: 'other' }),
    ];
    expect(matrixRows([{ tool: 'tool', set: [] }], results, KERNEL)[0]).toMatchObject({ verdict: 'seen', seconds: 2 });
  });

  it('takes the highest cost of a program, with whatever test', () => {
    const cost = (insns: number) => ({ programs: [{ name: 'enter', section: 'kprobe/f', insns }] });
    const { programs } = row(result('passed', cost(3)), result('passed', cost(7)), result('passed', cost(5)));
    expect(programs).toEqual([{ name: 'enter', section: 'kprobe/f', insns: 7 }]);
  });
});
