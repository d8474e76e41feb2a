import { describe, expect, it } from 'vitest';
import { formatError, isSkepError, type SkepError } from '../errors.js';
import { filterFields } from './ast.js';
import { compileFilter } from './compile.js';
import { example } from './fixture.js';
import { FILTER_LIMITS, parseFilter } from './parser.js';
import type { FilterPlace } from './source.js';

function errorOf(text: string, place: FilterPlace = {}): SkepError {
  try {
    compileFilter(text, example, place);
  } catch (error) {
    if (isSkepError(error)) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('mistakes', () => {
  // The caret line marks the characters the error must underline.
  it.each([
    ['piid == 1', '^^^^', 'no field "piid"', 'did you mean "pid"?'],
    ["pid == 'x'", '       ^^^', `'x' is text`, 'without quotes'],
    ['comm == 1', '        ^', '1 is a number', 'in quotes'],
    ["comm == 'node", '        ^^^^^', 'unterminated text', "closing '"],
    ['comm =~ /node', '        ^^^^^', 'unterminated regular expression', 'closing /'],
    ['uid == 0 &&', '           ^', 'expected a field name, and the expression ends', ''],
    ['pid ==', '      ^', 'expected a value after ==', ''],
    ['uid == && pid == 1', '       ^^', 'expected a value after ==, got "&&"', ''],
    ['(pid == 1', '^', 'never closed', 'add a )'],
    ['pid in (1, 2', '       ^', 'never closed', 'add a )'],
    ['pid == 1)', '        ^', 'never opened', ''],
    ['pid == 1 uid == 0', '         ^^^', 'unexpected "uid"', 'join tests'],
    ['pid == 4294967296', '       ^^^^^^^^^^', 'out of the range', '0 to 4294967295'],
    ['pid == -1', '       ^^', 'out of the range', ''],
    ['bytes < 18446744073709551616', '        ^^^^^^^^^^^^^^^^^^^^', 'out of the range', ''],
    ['comm =~ /(/', '        ^^^', 'not a regular expression', ''],
    ['comm =~ /a/g', '           ^', 'unknown flag "g"', ''],
    ['comm =~ pid', '        ^^^', 'expected a regular expression', ''],
    ['comm == node', '        ^^^^', 'expected a value', "'node'"],
    ['comm < 5', '     ^', 'operator < does not apply', 'contains'],
    ['pid not contains 1', '    ^^^^^^^^^^^^', 'operator not contains does not apply', ''],
    ['pid', '^^^', 'not a condition', 'pid == '],
    ['pid = 1', '    ^', 'unexpected character "="', '=='],
    ['pid == 1 & uid == 0', '         ^', 'unexpected character "&"', '&&'],
    ['1 == pid', '^', 'expected a field name, got "1"', 'on the left'],
    ['latency > 5x', '           ^', 'unknown unit "x"', 'ms'],
    ['latency > 0.5ns', '          ^^^^^', 'not a whole number', ''],
    ['mode == 0644', '        ^^^^', 'begins with a zero', '0o644'],
    ['delta_us > 10ms', '           ^^^^', 'does not count nanoseconds', ''],
    ['time > 10ms', '       ^^^^', 'does not count nanoseconds', ''],
    ["time > '2026-02-30'", '       ^^^^^^^^^^^^', 'is not a moment', ''],
    ["type == 'RAED'", '        ^^^^^^', 'not a label', 'did you mean "READ"?'],
    ["raddr == '10.0.0.0/33'", '         ^^^^^^^^^^^^^', 'not an IP address', ''],
    ["comm == 'a\\q'", '          ^^', 'unknown escape', ''],
    ['failed == 1', '          ^', '1 is a number', 'true or false'],
    ['pid not 1', '    ^^^', 'after not', ''],
    ['pid is 1', '    ^^', 'expected an operator', ''],
    ['pid in 1', '       ^', 'expected a list', ''],
    ['', '^', 'expected a field name', 'write pid == 1'],
  ])('%s', (text, carets, message, remedy) => {
    const error = errorOf(text);
    expect(error.code).toBe('SKEP_FILTER');
    expect(error.message).toContain(message);
    expect(error.remedy).toContain(remedy);
    expect(error.location).toMatchObject({ line: 1, column: carets.indexOf('^') + 1, length: carets.trim().length });
  });

  it('points into the file the expression stands in', () => {
    const lineText = `  screen: { use: stdout, where: "pid == 'x'" }`;
    const error = errorOf("pid == 'x'", { file: 'skep.yaml', line: 7, column: 34, lineText });
    expect(formatError(error)).toBe(
      [
        `error[SKEP_FILTER]: field "pid" is a number (u32), 'x' is text`,
        '  --> skep.yaml:7:41',
        ` 7 | ${lineText}`,
        `   | ${' '.repeat(40)}^^^ write a number without quotes`,
      ].join('\n'),
    );
  });

  it('counts the lines of an expression of several', () => {
    const error = errorOf('pid == 1 &&\nuidd == 0', { line: 3, column: 5 });
    expect(error.location).toMatchObject({ file: 'where', line: 4, column: 5, text: '    uidd == 0', length: 4 });
  });
});

describe('bounds', () => {
  it('takes 4096 characters and no more', () => {
    const text = 'pid == 1'.padEnd(FILTER_LIMITS.length);
    expect(() => parseFilter(text)).not.toThrow();
    expect(errorOf(`${text} `).message).toContain('longer than 4096');
  });

  it('takes a long chain, but no deep nesting', () => {
    expect(() => compileFilter(Array(500).fill('uid==0').join('||'), example)).not.toThrow();
    const nested = (depth: number) => `${'('.repeat(depth)}pid == 1${')'.repeat(depth)}`;
    expect(() => compileFilter(nested(100), example)).not.toThrow();
    expect(errorOf(nested(101)).message).toContain('deeper than 100');
    expect(errorOf(`${'!'.repeat(4000)}failed`).location?.column).toBe(101);
  });
});

it('names the fields of an expression once each', () => {
  const ast = parseFilter('uid == 0 && !(comm =~ /x/ or uid > 5) && failed');
  expect(filterFields(ast).map(({ name }) => name)).toEqual(['uid', 'comm', 'failed']);
});

it('throws nothing but SkepError, whatever it is given', () => {
  const words = [
    ...'pid uid comm raddr time type failed args flags bytes offset nothing'.split(' '),
    ...'and or not in contains startswith endswith true false'.split(' '),
    ...'== != < <= > >= =~ !~ && || ! ( ) , & | = / . : :: \\ \' " \n \t \0 é 🐝 \ud800'.split(' '),
    ...`0 1 -1 0x1f 0o7 08 1.5ms 64KiB 1e9 99999999999999999999999 'x' "y" '\\x' '\\xff' '\\u{110000}'`.split(' '),
    ...'/a/ /(/ /[/]/i 10.0.0.0/8 ::1 fe80::/200 1.2.3 2026-01-31'.split(' '),
  ];
  let seed = 12345;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  let accepted = 0;
  for (let i = 0; i < 20_000; i++) {
    const soup = Array.from({ length: 1 + random(9) }, () => words[random(words.length)]).join(random(4) ? ' ' : '');
    try {
      compileFilter(soup, example);
      accepted++;
    } catch (error) {
      if (!isSkepError(error) || error.code !== 'SKEP_FILTER') throw new Error(`${soup}: ${error}`);
      const { column, length, text } = error.location!;
      if (column < 1 || length < 1 || column > text.length + 1) throw new Error(`${JSON.stringify(soup)}: ${column}`);
    }
  }
  expect(accepted).toBeGreaterThan(20);
});
