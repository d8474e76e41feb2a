import { rowsOf } from '@skep/core';
import { batchOf, schemaOf, testProcessor } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import filter from './index.js';

const context = { name: 'some', folder: '/', log: console };
const opens = schemaOf('opens', [{ name: 'n' }, { name: 'path', type: 'bytes', size: 64 }]);

testProcessor((input) => filter.create(input, { where: 'n < 100' }, context));

describe('filter', () => {
  it('keeps the rows that fit', () => {
    const processor = filter.create(opens, { where: "n > 1 && path startswith '/etc'" }, context)!;
    const batch = batchOf(opens, [
      { n: 1, path: '/etc/a' },
      { n: 2, path: '/etc/b' },
      { n: 3, path: '/var' },
    ]);
    expect(rowsOf(processor.process(batch))).toEqual([{ n: 2, path: '/etc/b' }]);
  });

  it('names the columns it speaks of', () => {
    expect(filter.fields!({ where: 'n == 1 || uid == 0' })).toEqual(['n', 'uid']);
  });

  it.each([
    [{ where: undefined }, 'needs option "where"'],
    [{ where: 'n =' }, 'unexpected character "="'],
  ])('refuses %j', (options, message) => {
    expect(() => filter.check!(options)).toThrow(message);
  });
});
