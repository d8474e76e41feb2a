import { option } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { conditionText, optionsFor } from './conditions.js';

const definitions = {
  queued: option.boolean('Queued too'),
  fails: option.boolean('Failed too'),
  pid: option.pid(),
  sort: option.choice('By this', ['all', 'io'], { default: 'all' }),
};

describe('conditions of attach sets in words', () => {
  it.each<[string, Parameters<typeof conditionText>[0], string]>([
    ['none', undefined, ''],
    ['an option', 'fails', 'fails'],
    ['an option that is off', '!fails', 'not fails'],
    ['a function of several', (o) => o.queued === true || o.pid !== undefined, 'queued or pid'],
    ['its opposite', (o) => !(o.queued === true || o.pid !== undefined), 'not queued or pid'],
    ['a choice', (o) => o.sort === 'io', 'sort'],
    ['several at once', (o) => o.queued === true && o.fails === true, 'several options together'],
  ])('%s', (_, when, text) => {
    expect(conditionText(when, definitions)).toBe(text);
  });
});

describe('options that meet a condition', () => {
  it('are the defaults, or one switch more', () => {
    const defaults = { queued: false, fails: false, pid: undefined, sort: 'all' };
    expect(optionsFor(undefined, definitions)).toEqual(defaults);
    expect(optionsFor('!fails', definitions)).toEqual(defaults);
    expect(optionsFor((o) => o.queued === true || o.pid !== undefined, definitions)).toEqual({
      ...defaults,
      queued: true,
    });
    expect(optionsFor((o) => o.queued === true && o.fails === true, definitions)).toBeUndefined();
  });
});
