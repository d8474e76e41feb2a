import { formatError, isSkepError } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { Helpers, literalBytes, rewriteExpression } from './expression.js';
import { parsePlace } from './place.js';
import { parseSignature } from './signature.js';
import { closingBracket, splitTop } from './split.js';

/** What is said of a mistake, and where the caret stands under the specifier (from 0). */
function mistake(parse: () => unknown): [string, number, number] | unknown {
  try {
    return parse();
  } catch (error) {
    if (!isSkepError(error)) throw error;
    expect(formatError(error)).toContain('^');
    return [error.message, error.location!.column - 1, error.location!.length];
  }
}

describe('splitting', () => {
  it('leaves quotes and brackets whole', () => {
    const texts = (text: string) => splitTop(text, ',').map((piece) => piece.text);
    expect(texts('a,f(b,c),"d,e",[x,{y,z}],\'","\'')).toEqual(['a', 'f(b,c)', '"d,e"', '[x,{y,z}]', '\'","\'']);
    expect(splitTop('ab,c', ',')).toEqual([
      { text: 'ab', at: 0 },
      { text: 'c', at: 3 },
    ]);
    expect(texts('"a\\",b",c')).toEqual(['"a\\",b"', 'c']);
    expect(closingBracket('f(a(")"),b)+1', 1)).toBe(10);
  });

  it.each([
    ['a,(b', ['"(" is not closed', 2, 1]],
    ['a),b', ['")" closes nothing', 1, 1]],
    ['(a],b', ['"]" where ")" is expected', 2, 1]],
    ['a,"b', ['the quote " is not closed', 2, 1]],
  ])('%s', (text, expected) => {
    expect(mistake(() => splitTop(text, ','))).toEqual(expected);
  });
});

describe('a place', () => {
  const place = (text: string) => {
    const { kind, library, name, offset } = parsePlace(text, text, 0);
    return [kind, library, name, Number(offset)];
  };

  it.each([
    ['vfs_read', ['p', '', 'vfs_read', 0]],
    ['c:malloc', ['p', 'c', 'malloc', 0]],
    [':c:malloc', ['p', 'c', 'malloc', 0]],
    ['::vfs_read', ['p', '', 'vfs_read', 0]],
    ['p::vfs_read+0x10', ['p', '', 'vfs_read', 16]],
    ['r:bash:readline', ['r', 'bash', 'readline', 0]],
    ['t:sched:sched_switch', ['t', 'sched', 'sched_switch', 0]],
    ['u:/usr/bin/x:shop:order', ['u', '/usr/bin/x', 'shop:order', 0]],
    ['r:/opt/x:_ZN3FooC1Ev', ['r', '/opt/x', '_ZN3FooC1Ev', 0]],
  ])('%s', (text, expected) => {
    expect(place(text)).toEqual(expected);
  });

  it.each([
    ['', ['the name of a function or probe is missing', 0, 1]],
    ['r:vfs_read', ['r: needs two more parts', 0, 10]],
    ['x:c:malloc', ['a probe begins with p:, r:, t: or u:, not with "x:"', 0, 1]],
    ['p:c:', ['the name of a function or probe is missing', 4, 1]],
    ['p:c:a b', ['"a b" is no name', 4, 3]],
    ['p:c:f+z', ['"z" is no offset', 6, 1]],
    ['r:c:f+1', ['only an entry probe takes an offset', 6, 1]],
    ['t::open', ['a tracepoint needs its category', 0, 7]],
    ['p:a:b:c', ['there is one ":" too many', 5, 1]],
  ])('%j is a mistake with a place', (text, expected) => {
    expect(mistake(() => place(text))).toEqual(expected);
  });
});

describe('a signature', () => {
  const parse = (text: string) =>
    parseSignature(text, 0, text.length).map(({ type, name, isUser }) => [type, name, isUser]);

  it('has types and names', () => {
    expect(parse('struct file *f, const char __user *buf, size_t n')).toEqual([
      ['struct file *', 'f', false],
      ['const char *', 'buf', true],
      ['size_t', 'n', false],
    ]);
    expect(parse('unsigned long long x, char** argv, unsigned int y')).toEqual([
      ['unsigned long long', 'x', false],
      ['char**', 'argv', false],
      ['unsigned int', 'y', false],
    ]);
    expect(parse(' ')).toEqual([]);
    expect(parse('void')).toEqual([]);
  });

  it.each([
    ['int', ['"int" is no parameter with a type and a name', 0, 3]],
    ['int a,, int b', ['"" is no parameter with a type and a name', 6, 1]],
    ['int a, char *a', ['two parameters are called "a"', 7, 1]],
    ['int a,int b,int c,int d,int e,int f,int g', ['only six parameters come in registers', 36, 5]],
  ])('%j is a mistake with a place', (text, expected) => {
    expect(mistake(() => parse(text))).toEqual(expected);
  });
});

describe('an expression', () => {
  const helpers = new Helpers();
  const words: Readonly<Record<string, string>> = { arg1: '(ARG1)', $pid: '(PID)' };
  const rewrite = (text: string, isBinary = false) =>
    rewriteExpression({ text, at: 0 }, { spec: text, helpers, isBinary, meaning: (word) => words[word] });

  it('replaces words, and neither members nor what is in quotes', () => {
    expect(rewrite('arg1 + $pid')).toBe('(ARG1) + (PID)');
    expect(rewrite('s->arg1 + t.arg1 * arg1')).toBe('s->arg1 + t.arg1 * (ARG1)');
    expect(rewrite('"arg1" == arg1 || \'a\' != xarg1')).toBe('"arg1" == (ARG1) || \'a\' != xarg1');
    expect(rewrite('0xarg1')).toBe('0xarg1');
  });

  it('makes STRCMP a comparison of memory, one for each text', () => {
    expect(rewrite('STRCMP("abc", arg1) && !STRCMP("abc", p->name)')).toBe(
      'skep_same_0((const char *)((ARG1))) && !skep_same_0((const char *)(p->name))',
    );
    expect(helpers.text).toContain('skep_read(text, 3, from)');
    expect(helpers.text).toContain('text[0] ^ 0x636261ULL');
  });

  it('takes calls of words', () => {
    const call = (word: string, inner: string) => `<${word} ${inner}>`;
    const context = { spec: '$entry(size) > 1', helpers, meaning: () => undefined, call };
    expect(rewriteExpression({ text: '$entry(size) > 1', at: 0 }, context)).toBe('<$entry size> > 1');
  });

  it.each([
    ['STRCMP("a")', ['STRCMP needs a text and a pointer', 0, 11]],
    ['1 + STRCMP(a, "b")', ['STRCMP needs a text and a pointer', 4, 14]],
    ['(a', ['"(" is not closed', 0, 1]],
  ])('%j is a mistake with a place', (text, expected) => {
    expect(mistake(() => rewrite(text))).toEqual(expected);
  });

  it('reads the escapes of a text', () => {
    expect([...literalBytes('a\\n\\x41é', false)]).toEqual([97, 10, 65, 0xc3, 0xa9]);
    expect([...literalBytes('a\\x00b', false)]).toEqual([97]);
    expect([...literalBytes('a\\x00b', true)]).toEqual([97, 0, 98]);
  });
});

it('is read or refused in words, whatever it is', () => {
  const letters = [
    'p:',
    'r:',
    't:',
    'u:',
    ':',
    'c',
    'arg1',
    '$entry(',
    '(',
    ')',
    '"',
    "'",
    ',',
    ' ',
    'STRCMP(',
    '->',
    '\\',
    '[',
    ']',
    '\0',
    'é',
    'int a',
  ];
  let seed = 5;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  let read = 0;
  for (let i = 0; i < 4000; i++) {
    const text = Array.from({ length: random(9) }, () => letters[random(letters.length)]!).join('');
    const context = { spec: text, helpers: new Helpers(), meaning: () => undefined, call: () => '0' };
    for (const parse of [
      () => parsePlace(text, text, 0),
      () => parseSignature(text, 0, text.length),
      () => rewriteExpression({ text, at: 0 }, context),
    ]) {
      try {
        parse();
        read++;
      } catch (error) {
        if (!isSkepError(error)) throw error;
        expect(error.location!.column).toBeLessThanOrEqual(text.length + 1);
      }
    }
  }
  expect(read).toBeGreaterThan(1000);
});
