import { describe, expect, it } from 'vitest';
import { list } from './list.js';

describe('where there is nothing to list', () => {
  it('says so of a program that was built without probes', () => {
    expect(() => list({ lib: '/bin/true' })).toThrow('/bin/true has no USDT probes');
  });

  it('says which filter nothing matches', () => {
    expect(() => list({ lib: '/bin/true', filter: 'python:*' })).toThrow('nothing of /bin/true matches "python:*"');
  });
});
