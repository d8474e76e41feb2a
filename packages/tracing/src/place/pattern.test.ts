import { formatError, isSkepError } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { globMatcher, type PatternOptions, parsePattern } from './pattern.js';

const parts = (text: string, options?: PatternOptions) => {
  const { kind, library, name, isExact } = parsePattern(text, options);
  return [kind, library, name, isExact];
};

const mistake = (text: string, options?: PatternOptions) => {
  try {
    return parts(text, options);
  } catch (error) {
    return formatError(error);
  }
};

describe('a pattern', () => {
  it.each([
    ['vfs_read', ['p', '', 'vfs_read', true]],
    ['vfs_*', ['p', '', 'vfs_*', false]],
    ['p::vfs_read', ['p', '', 'vfs_read', true]],
    [':c:malloc', ['p', 'c', 'malloc', true]],
    ['c:malloc', ['p', 'c', 'malloc', true]],
    ['p:/usr/bin/x:main', ['p', '/usr/bin/x', 'main', true]],
    ['t:sched:sched_switch', ['t', '', 'sched:sched_switch', true]],
    ['t:block:*', ['t', '', 'block:*', false]],
    ['u:pthread:mutex_entry', ['u', 'pthread', 'mutex_entry', true]],
    ['u:shop:shop:order', ['u', 'shop', 'shop:order', true]],
  ])('%s', (text, expected) => {
    expect(parts(text)).toEqual(expected);
  });

  it('matches whole names, and only * is special', () => {
    const { matches } = parsePattern('a.b*c');
    expect(['a.bc', 'a.bxxc', 'axbc', 'a.bcd', 'xa.bc'].map(matches)).toEqual([true, true, false, false, false]);
  });

  it('takes an expression that must match as a whole', () => {
    const { matches, isExact } = parsePattern('^(vfs_(read|write))$', { regexp: true });
    expect([isExact, matches('vfs_read'), matches('vfs_readv')]).toEqual([false, true, false]);
    expect(parsePattern('c:mal|cal', { regexp: true }).matches('malloc')).toBe(false);
  });

  it.each([
    ['', 'a name is missing', '^'],
    ['c:', 'a name is missing', '  ^'],
    ['x:c:malloc', 'a probe begins with p:, t:, u:, not with "x:"', '^'],
    ['t:sched', 't: is not complete', '^^^^^^^'],
    ['t:a:b:c', 'a tracepoint has two names', '     ^'],
    ['p:c:malloc:x', 'there is one ":" too many', '          ^'],
    ['u::probe', 'a USDT probe needs its library', '^^'],
  ])('%j is a mistake with a place', (text, message, caret) => {
    const [first, , , underlined] = mistake(text).toString().split('\n');
    expect(first).toContain(message);
    expect(underlined!.replace(/^ +\| /, '').replace(/(\^) .*$/, '$1')).toBe(caret);
  });

  it('says where an expression is wrong, and what a tool does not take', () => {
    expect(mistake('c:mal(', { regexp: true })).toMatch(/the name is no regular expression: .*\n.*\n.*\n +\| {3}\^+/);
    expect(mistake('u:x:y', { kinds: ['p'] })).toContain('a probe begins with p:, not with "u:"');
  });

  it('is read or refused in words, whatever it is', () => {
    const letters = [...'ptu:*.+()[]|\\^$ abc_0/é\0'];
    let seed = 99;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >> 8) % below;
    };
    let read = 0;
    for (let i = 0; i < 5000; i++) {
      const text = Array.from({ length: random(12) }, () => letters[random(letters.length)]!).join('');
      try {
        const { name, matches, isExact } = parsePattern(text, { regexp: random(2) === 0 });
        if (isExact) expect(matches(name)).toBe(true);
        read++;
      } catch (error) {
        if (!isSkepError(error)) throw error;
        const { column, length } = error.location!;
        expect(column).toBeGreaterThan(0);
        expect(column).toBeLessThanOrEqual(text.length + 1);
        expect(length).toBeGreaterThan(0);
      }
    }
    expect(read).toBeGreaterThan(1000);
  });
});

it("a shell's pattern matches whole names", () => {
  const names = ['a', 'ab', 'abc', 'a]c', 'a.c'];
  const matched = (glob: string) => names.filter(globMatcher(glob));
  expect(matched('*')).toEqual(names);
  expect(matched('a?')).toEqual(['ab']);
  expect(matched('a[a-c]c')).toEqual(['abc']);
  expect(matched('a[!a-c]c')).toEqual(['a]c', 'a.c']);
  expect(matched('a.c')).toEqual(['a.c']);
  expect(matched('[')).toEqual([]);
  expect(globMatcher('[')('[')).toBe(true);
  expect(globMatcher('[z-a]')('[z-a]')).toBe(true);
});
