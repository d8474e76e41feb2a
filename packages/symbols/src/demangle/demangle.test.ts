import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { demangle } from './demangle.js';

const LIBRARY = ['/lib/x86_64-linux-gnu/libstdc++.so.6', '/lib/aarch64-linux-gnu/libstdc++.so.6'].find(existsSync);
const noPeer = LIBRARY === undefined || ['nm', 'c++filt'].some((name) => spawnSync(name, ['--version']).error);

describe('demangle', () => {
  it.each([
    ['main', 'main'],
    ['_Z3foov', 'foo'],
    ['_ZN3Foo3barEi', 'Foo::bar'],
    ['_ZN3FooC2Ev', 'Foo::Foo'],
    ['_ZN3FooD0Ev', 'Foo::~Foo'],
    ['_ZNK3Foo3getEv', 'Foo::get'],
    ['_ZN12_GLOBAL__N_13fooEv', '(anonymous namespace)::foo'],
    ['_ZNSt6vectorIiSaIiEE9push_backERKi', 'std::vector<int, std::allocator<int> >::push_back'],
    ['_ZNSo3putEc', 'std::basic_ostream<char, std::char_traits<char> >::put'],
    ['_ZZ3fooiENKUlvE_clEv', 'foo(int)::{lambda()#1}::operator()'],
    ['_ZN3FoocvPKcEv', 'Foo::operator char const*'],
    ['_Z3maxIiET_S0_S0_', 'max<int>'],
    ['_Z4callIJidEEvDpT_', 'call<int, double>'],
    ['_Z1fIPFivEEvT_', 'f<int (*)()>'],
    ['_ZThn16_N3Foo3barEi', 'non-virtual thunk to Foo::bar(int)'],
    ['_Z3foov.cold', 'foo'],
    ['_ZN4core3fmt5write17h0123456789abcdefE', 'core::fmt::write'],
    [
      '_ZN50_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$x..Tr$GT$1f17h0123456789abcdefE',
      '<alloc::vec::Vec<T> as x::Tr>::f',
    ],
  ])('reads %s', (symbol, name) => {
    expect(demangle(symbol)).toBe(name);
  });

  it.skipIf(noPeer)('agrees with c++filt about a whole library', () => {
    const lines = execFileSync('nm', ['-D', '--defined-only', LIBRARY!], { encoding: 'utf8', maxBuffer: 1 << 26 });
    const functions = lines.split('\n').flatMap((line) => / [TtWw] (_Z[^@]+)/.exec(line)?.[1] ?? []);
    const filter = { input: functions.join('\n'), encoding: 'utf8', maxBuffer: 1 << 26 } as const;
    const wanted = execFileSync('c++filt', ['-p'], filter).split('\n');
    // They write std::string at length, in arguments of templates of the time before C++11.
    const different = functions.filter((symbol, i) => demangle(symbol) !== wanted[i] && !/Ss/.test(symbol));
    expect(functions.length).toBeGreaterThan(1000);
    expect(different).toEqual([]);
  });

  it('takes what is cut off, and what would grow without end, as it is', () => {
    const symbol = '_ZNSt6vectorISt4pairINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEES6_ESaIS7_EE4backEv';
    for (let length = 0; length < symbol.length; length++)
      expect(demangle(symbol.slice(0, length))).toBeTypeOf('string');
    const doubling = `_Z1fI1aEv1bI${'S0_S0_'.repeat(40)}E`;
    const nested = `_Z1f${'P'.repeat(5000)}i`;
    const twice = (i: number) => `1aI${i === 0 ? 'ii' : `S${(i - 1).toString(36).toUpperCase()}_`.repeat(2)}E`;
    const lists = `_Z1fI${Array.from({ length: 30 }, (_, i) => twice(i)).join('')}Evv`;
    for (const hostile of [
      doubling,
      nested,
      lists,
      `_ZN${'1a'.repeat(1000)}E`,
      '_Z99999999999a',
      '_ZS_',
      '_Z',
      '_ZT',
      '_ZNSE',
    ])
      expect(demangle(hostile).length).toBeLessThan(6000);
  });
});
