import { SkepError } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { judge } from './explain.js';

const set = { programs: [{ name: 'p', section: 'kprobe/f' }], note: '' };
const possible = { ...set, verdict: 'possible' as const, reason: '' };
const refused = { ...set, verdict: 'refused' as const, reason: 'p: no function f' };
const error = new SkepError('SKEP_ATTACH', 'cannot attach p: ENOENT', 'do something');

describe('what is said of a set that was tried', () => {
  it('names the cause when the prediction knew it, and keeps the kernel’s own words', () => {
    expect(judge(refused, error)).toMatchObject({
      possible: false,
      verdict: 'refused',
      reason: 'p: no function f',
      said: 'cannot attach p: ENOENT',
    });
    expect(judge(refused, error)).not.toHaveProperty('predicted');
  });

  it('is what the trial says when the two differ, and the prediction beside it', () => {
    expect(judge(possible, error)).toMatchObject({
      possible: false,
      reason: 'cannot attach p: ENOENT',
      remedy: 'do something',
      predicted: 'possible',
    });
    expect(judge(refused, undefined)).toMatchObject({
      possible: true,
      verdict: 'possible',
      reason: '',
      predicted: 'refused: p: no function f',
    });
  });

  it('is the trial alone when the prediction did not know', () => {
    expect(judge({ ...possible, verdict: 'unknown', reason: '?' }, undefined)).not.toHaveProperty('predicted');
    expect(judge({ ...possible, verdict: 'unknown', reason: '?' }, error)).not.toHaveProperty('predicted');
  });
});
