import { describe, expect, it } from 'vitest';
import { noClang } from '../fixture.js';
import { kernelTypes, program, programs, reached } from './fixture.js';
import type { ObjectCode } from './object-code.js';
import { CASES, LOCAL } from './reach-fixture.js';

const TARGET = noClang ? undefined : kernelTypes('struct s { u32 here; };');
const certainty = (code: ObjectCode, name: string) =>
  reached(code, name, [TARGET!]).poisoned.map(({ isCertain }) => isCertain);

describe.skipIf(noClang)('a read of what the kernel lacks', () => {
  const code = noClang
    ? undefined
    : programs(
        LOCAL,
        CASES.map(([, body]) => body),
      );

  it.each(CASES.map(([title, , expected], i) => ({ title, expected, name: `p${i || ''}` })))(
    '$title',
    ({ name, expected }) => {
      expect(certainty(code!, name)).toEqual(expected);
    },
  );

  it('depends on the bytes that options set', () => {
    const body = `if (opt_on) return READ; return 0;`;
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
    const body = `u64 sum = 0; for (int i = 0; i < 100; i++) { bpf_ktime_get_ns(); sum += ctx[1] + i; } return sum + READ;`;
    expect(certainty(program(LOCAL, body), 'p')).toHaveLength(1);
  });
});
