import { describe, expect, it } from 'vitest';
import { noClang } from '../fixture.js';
import { kernelTypes, program, programs, reached } from './fixture.js';
import type { ObjectCode } from './object-code.js';

const LOCAL = `
struct s { u32 gone; u32 here; } CORE;
const volatile bool opt_on = false;
const volatile u32 opt_number = 7;
`;
const TARGET = noClang ? undefined : kernelTypes('struct s { u32 here; };');
const READ = '((struct s *)ctx[0])->gone';

const certainty = (code: ObjectCode, name: string) =>
  reached(code, name, [TARGET!]).poisoned.map(({ isCertain }) => isCertain);

describe.skipIf(noClang)('a read of what the kernel lacks', () => {
  const cases: [string, string, readonly boolean[]][] = [
    ['refuses', `return ${READ};`, [true]],
    ['refuses behind a branch that nobody can know', `if (ctx[1] == 5) return ${READ}; return 0;`, [true]],
    ['refuses behind a helper', `if (bpf_ktime_get_ns() & 1) return 0; return ${READ};`, [true]],
    ['is dead behind the question whether it exists', `if (bpf_core_field_exists(((struct s *)0)->gone)) return ${READ}; return 0;`, []],
    ['is alive in the other branch of it', `if (!bpf_core_field_exists(((struct s *)0)->gone)) return ${READ}; return 0;`, [true]],
    ['is dead behind an option that is off', `if (opt_on) return ${READ}; return 0;`, []],
    ['is alive behind one that is on', `if (!opt_on) return ${READ}; return 0;`, [true]],
    ['is dead behind a comparison of constants', `if (opt_number * 3 > 21) return ${READ}; return 0;`, []],
    [
      'is not certain behind a second test of the same value',
      `u64 a = ctx[1]; barrier_var(a); if (a > 5) { barrier_var(a); if (a < 3) return ${READ}; } return 0;`,
      [false],
    ],
    [
      'is dead where an option went through the stack',
      `volatile u64 kept = opt_number; if (kept == 8) return ${READ}; return 0;`,
      [],
    ],
  ];
  const code = noClang ? undefined : programs(LOCAL, cases.map(([, body]) => body));

  it.each(cases.map(([title, , expected], i) => ({ title, expected, name: `p${i || ''}` })))(
    '$title',
    ({ name, expected }) => {
      expect(certainty(code!, name)).toEqual(expected);
    },
  );

  it('depends on the bytes that options set', () => {
    const body = `if (opt_on) return ${READ}; return 0;`;
    const code = program(LOCAL, body);
    const on = new Map([...code.data].map(([name, bytes]) => [name, Uint8Array.from(bytes)]));
    const section = on.get('.rodata')!;
    section.fill(1, 0, 1);
    expect(reached(code, 'p', [TARGET!], on).poisoned).toMatchObject([{ what: 'no struct s.gone', isCertain: true }]);
  });
});

describe.skipIf(noClang)('what a program does', () => {
  it('reads of its context, also through a function of its own', () => {
    const code = program(
      `${LOCAL} static __attribute__((noinline)) u64 second(u64 *c) { return c[1]; }`,
      'return second(ctx) + *(u32 *)(ctx + 3);',
    );
    const { context } = reached(code, 'p', [TARGET!]);
    expect(context.map(({ what }) => [what.offset, what.size]).sort()).toEqual([
      [24, 4],
      [8, 8],
    ]);
  });

  it('helpers, and only those in code that is alive', () => {
    const code = program(LOCAL, 'if (opt_on) bpf_get_smp_processor_id(); return bpf_ktime_get_boot_ns();');
    expect(reached(code, 'p', [TARGET!]).helpers).toEqual([{ what: 125, isCertain: true }]);
  });

  it('ends on loops that go round', () => {
    const body = `u64 sum = 0; for (int i = 0; i < 100; i++) { bpf_ktime_get_ns(); sum += ctx[1] + i; } return sum + ${READ};`;
    expect(certainty(program(LOCAL, body), 'p')).toHaveLength(1);
  });
});
