import { isSkepError } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { eventText } from './arg-counts.js';
import { writeProgram } from './program.js';
import { parseSpecifier } from './specifier.js';

const SETTINGS = { pid: undefined, tid: undefined, stringSize: 80, includes: [] };

const parts = (text: string, isHistogram = false) => {
  const { place, parameters, expressions, filter, label } = parseSpecifier(text, isHistogram);
  return {
    place: `${place.kind}:${place.library}:${place.name}`,
    parameters: parameters.map(({ name }) => name),
    expressions: expressions.map(({ type, text: code }) => [type, code]),
    filter: filter?.text,
    label,
  };
};

const mistake = (text: string, isHistogram = false) => {
  try {
    const specifier = parseSpecifier(text, isHistogram);
    writeProgram([specifier], SETTINGS);
    return specifier;
  } catch (error) {
    if (!isSkepError(error)) throw error;
    const { column, length } = error.location!;
    return [error.message, text.slice(column - 1, column - 1 + length)];
  }
};

describe('a specifier', () => {
  it('has up to six parts and a label', () => {
    expect(parts('p:c:write(int fd, const void *buf, size_t count):size_t,int:count,fd:fd==1#to the terminal')).toEqual(
      {
        place: 'p:c:write',
        parameters: ['fd', 'buf', 'count'],
        expressions: [
          ['size_t', 'count'],
          ['int', 'fd'],
        ],
        filter: 'fd==1',
        label: 'to the terminal',
      },
    );
    expect(parts('r:c:read()')).toMatchObject({ place: 'r:c:read', expressions: [], label: 'r:c:read()' });
    expect(parts('t:irq:irq_handler_entry():int:args->irq').place).toBe('t:irq:irq_handler_entry');
    expect(parts('t:sched:sched_switch').place).toBe('t:sched:sched_switch');
    expect(parts('p:c:f(char *s):char*:s:STRCMP("a:b#c", s)').filter).toBe('STRCMP("a:b#c", s)');
    expect(parts('p:c:f(int a):int:(a ? 1 : 2)').expressions).toEqual([['int', '(a ? 1 : 2)']]);
  });

  it.each([
    ['p:c', ['a specifier has at least three parts', 'p:c']],
    ['x:c:f()', ['a specifier begins with p, r, t or u, not with "x"', 'x']],
    ['p:c:f', ['brackets are missing after the name', '']],
    ['p:c:f(int a', ['"(" is not closed', '(']],
    ['p:c:f(int a)x:int:a', ['"x" after the brackets', 'x']],
    ['p:c:f(int a):int', ['the expression of this type is missing', '']],
    ['p:c:f(int a):int,u64:a', ['2 types for 1 expression', 'int,u64']],
    ['p:c:f(int a):int:', ['an expression is missing', '']],
    ['p:c:f(int a):1:a', ['"1" is no type', '1']],
    ['p:c:f(int a):int:a::', ['there is one ":" too many', ':']],
    ['p:c:f(int a):int:a:b:c', ['there is one ":" too many', ':']],
    ['p:c:f(int a):int:$retval', ['$retval is for return probes: r:', '$retval']],
    ['p:c:f(int a):int:$latency', ['$latency is for return probes: r:', '$latency']],
    ['r:c:f(int a):int:$entry(b)', ['the function has no parameter "b"', '$entry(b)']],
    ['p:c:f(int a):int:$foo', ['unknown word $foo', '$foo']],
    ['t:a:b(int x):int:x', ['only functions have a signature', '(int x)']],
  ])('%s is a mistake with a place', (text, expected) => {
    expect(mistake(text)).toEqual(expected);
  });

  it('is of one number for a histogram', () => {
    expect(mistake('p:c:f(int a):int,int:a,a', true)).toEqual(['a histogram is of one expression', 'a']);
    expect(mistake('p:c:f(char *a):char*:a', true)).toEqual(['a histogram is of numbers', 'char*']);
  });

  it('is read or refused in words, whatever it is', () => {
    const letters = [
      'p:c:f(',
      'int a',
      ')',
      ':',
      'int',
      'u64',
      ',',
      'a',
      '$retval',
      '$entry(a)',
      '"',
      '#',
      ' ',
      'r',
      't:x:y',
      '(',
      '\0',
    ];
    let seed = 11;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >> 8) % below;
    };
    let read = 0;
    for (let i = 0; i < 4000; i++) {
      const text = Array.from({ length: random(10) }, () => letters[random(letters.length)]!).join('');
      if (!Array.isArray(mistake(text, random(2) === 0))) read++;
    }
    expect(read).toBeGreaterThan(10);
  });
});

it('writes what it takes to know a parameter at the return', () => {
  const text = 'r:c:read(int fd, void *buf, size_t count):size_t:$entry(count):$latency > 1000 && $entry(fd) == 3';
  const { writer, functions } = writeProgram([parseSpecifier(text, false)], SETTINGS);
  expect(functions).toEqual([{ count: 'count_0', entry: 'entry_0' }]);
  expect(writer.text).toContain('BPF_HASH(entry_0_0, u32, size_t, 10240);');
  expect(writer.text).toContain('BPF_HASH(start_0, u32, u64, 10240);');
  expect(writer.text).toContain('if (!((bpf_ktime_get_ns() - __started) > 1000 && __entry_1 == 3)) return 0;');
});

it('says an event by its expressions', () => {
  expect(eventText(['fd', '$retval'], { v0: 1, v1: -2n }, 'r')).toBe('fd = 1, $retval = -2');
  expect(eventText([], { v0: 5 }, 'r')).toBe('retval = 5');
  expect(eventText([], { none: 0 }, 'p')).toBe('total calls');
});
