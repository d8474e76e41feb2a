import { describe, expect, it } from 'vitest';
import { parseKallsyms } from './index.js';

const utf8 = new TextEncoder();
const SOME = `0000000000000000 A fixed_percpu_data
ffffffff81000000 T _text
ffffffff81000000 t startup
ffffffff81000100 T schedule
ffffffff81000180 d not_code
ffffffffc0100000 t nf_hook\t[nf_tables]
ffffffffc0200000 t bpf_prog_6deef7357e7b4530\t[bpf]
`;

describe('kallsyms', () => {
  const symbols = parseKallsyms(utf8.encode(SOME));

  it.each([
    ['the first byte', 0xffffffff81000000n, '_text', 0, 'kernel'],
    ['a place past data', 0xffffffff81000190n, 'schedule', 0x90, 'kernel'],
    ['a module', 0xffffffffc0100004n, 'nf_hook', 4, 'nf_tables'],
    ['a program of BPF', 0xffffffffc0200010n, 'bpf_prog_6deef7357e7b4530', 16, 'bpf'],
  ])('names %s', (_, address, name, offset, module) => {
    expect(symbols.find(address)).toEqual({ name, offset, module });
  });

  it('has nothing for addresses outside the kernel', () => {
    expect([0n, 0x7f0000000000n, 0xffffffff80ffffffn, 0xffffffffffffffffn].map((a) => symbols.find(a))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('says that addresses are hidden', () => {
    const hidden = parseKallsyms(utf8.encode('0000000000000000 T _text\n0000000000000000 T schedule\n'));
    expect([symbols.isHidden, hidden.isHidden, hidden.size]).toEqual([false, true, 0]);
  });

  it('reads lines that make no sense', () => {
    for (const text of ['', '\n\n', 'zz T a\n', 'ffffffff81000000\n', 'ffffffff81000000 T', 'ffffffff81000000 T \n'])
      expect(parseKallsyms(utf8.encode(text)).size).toBe(0);
  });
});
