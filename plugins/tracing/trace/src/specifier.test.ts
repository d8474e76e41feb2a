import { isSkepError } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { formatMessage, parseFormat } from './format.js';
import { writeProgram } from './program.js';
import { parseSpecifier } from './specifier.js';

const parts = (text: string) => {
  const { place, parameters, predicate, format, values } = parseSpecifier(text);
  return {
    place: `${place.kind}:${place.library}:${place.name}`,
    parameters: parameters.map(({ name }) => name),
    predicate: predicate?.text,
    conversions: format?.conversions.map(({ type }) => type),
    values: values.map((value) => value.text),
  };
};

const SETTINGS = {
  ...{ pid: undefined, tid: undefined, uid: undefined, cgroup: undefined },
  ...{ includesSelf: false, stringSize: 80, includes: [], isBinary: false, stacks: [] },
};

const mistake = (text: string) => {
  try {
    const specifier = parseSpecifier(text);
    writeProgram([specifier], SETTINGS);
    return specifier;
  } catch (error) {
    if (!isSkepError(error)) throw error;
    const { column, length } = error.location!;
    return [error.message, text.slice(column - 1, column - 1 + length)];
  }
};

describe('a specifier', () => {
  it('may be a name alone', () => {
    expect(parts('do_sys_open')).toEqual({
      ...{ place: 'p::do_sys_open', parameters: [], predicate: undefined, conversions: undefined, values: [] },
    });
  });

  it('has signature, predicate, format and values', () => {
    expect(
      parts('p:c:write(int fd, const void *buf, size_t count) (fd == 1 && count > 3) "%d: %s, %llu", fd, buf, f(a, b)'),
    ).toEqual({
      place: 'p:c:write',
      parameters: ['fd', 'buf', 'count'],
      predicate: 'fd == 1 && count > 3',
      conversions: ['s32', 'char *', 'u64'],
      values: ['fd', 'buf', 'f(a, b)'],
    });
    expect(parts('::sys_read (arg3 > 20000) "read %d bytes", arg3').predicate).toBe('arg3 > 20000');
    expect(parts(':c:malloc "size = %d", arg1').place).toBe('p:c:malloc');
    expect(parts('r:bash:readline "100%% of %s", retval').values).toEqual(['retval']);
  });

  it.each([
    ['p:c:open "%s"', ['the format has 1 conversion, and there are 0 values', '"%s"']],
    ['p:c:open "%s", arg1, arg2', ['the format has 1 conversion, and there are 2 values', 'arg2']],
    ['p:c:open "%s %q", arg1', ['"%q" is no conversion', '%q']],
    ['p:c:open %s', ['"%s" is no format', '%s']],
    ['p:c:open ()', ['the predicate is empty', '()']],
    ['p:c:open (arg1', ['"(" is not closed', '(']],
    ['p:c:open "%s" arg1', ['a comma is expected after the format', 'a']],
    ['p:c:open "%s", ', ['a value is missing', '']],
    ['p:c:open "%d", retval', ['only return probes have a retval', 'retval']],
    ['r:c:open "%d", arg1', ['arguments are known at the entry only', 'arg1']],
    ['p:c:open "%d", $foo', ['unknown word $foo', '$foo']],
    ['p:c:open "%s", arg1@kernel', ['unknown memory @kernel', 'arg1@kernel']],
    ['t:a:b(int x)', ['only functions have a signature', '(int x)']],
  ])('%s is a mistake with a place', (text, expected) => {
    expect(mistake(text)).toEqual(expected);
  });

  it('is read or refused in words, whatever it is', () => {
    const letters = [
      'p:c:f',
      'r:',
      't:a:b',
      '(',
      ')',
      ' ',
      '"',
      '%s',
      '%d',
      '%',
      ',',
      'arg1',
      '$pid',
      'retval',
      'int a',
      '\\',
      '\0',
    ];
    let seed = 3;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >> 8) % below;
    };
    let read = 0;
    for (let i = 0; i < 4000; i++) {
      const text = Array.from({ length: random(10) }, () => letters[random(letters.length)]!).join('');
      if (!Array.isArray(mistake(text))) read++;
    }
    expect(read).toBeGreaterThan(50);
  });
});

describe('a message', () => {
  const message = (format: string, ...values: (number | bigint | string)[]) =>
    formatMessage(parseFormat(format, format, 0), values, (half, address) => `${half}:${address}`);

  it('is formatted as printf does', () => {
    expect(message('%d %u %x %lld', -3, 7, 255, -1n)).toBe('-3 7 ff -1');
    expect(message('[%-6s][%6s][%.2s]', 'ab', 'cd', 'efg')).toBe('[ab    ][    cd][ef]');
    expect(message('%05d|%+d|%#x|%08x', 42, 42, 255, 0xabcn)).toBe('00042|+42|0xff|00000abc');
    expect(message('%c%c 100%%\\t.', 0x4f, 0x4b)).toBe('OK 100%\t.');
    expect(message('%K [%-8U] %p', 1n, 2n, 16n)).toBe('kernel:1 [user:2  ] 0x10');
    expect(message('nothing')).toBe('nothing');
  });
});
