import { describe, expect, it } from 'vitest';
import { noClang } from '../fixture.js';
import type { Relocated } from './core-relocation.js';
import { kernelTypes, program, programs, relocations } from './fixture.js';

const value = (number: number | bigint, load?: number) => ({ state: 'value', value: BigInt(number), load });

interface Case {
  readonly title: string;
  readonly local: string;
  readonly body: string;
  readonly target: string;
  readonly expected: object;
}

/** All cases in one object and one kernel, which takes clang twice: each with names of its own. */
function compileCases(cases: readonly Case[]) {
  const own = (text: string, i: number) => text.replace(/\b(s|in|t|e|A|B|Z)(?=___|\b)/g, `$1${i}`);
  const code = programs(
    cases.map(({ local }, i) => own(local, i)).join('\n'),
    cases.map(({ body }, i) => own(body, i)),
  );
  const kernel = kernelTypes(cases.map(({ target }, i) => own(target, i)).join('\n'));
  return cases.map(({ title, expected }, i) => {
    const found = relocations(code, `p${i || ''}`, kernel);
    return { title, found: found.map((one) => withoutNumber(one, i)), expected };
  });
}

const withoutNumber = (one: Relocated, i: number) =>
  'reason' in one ? { ...one, reason: one.reason.replace(`s${i}`, 's') } : one;

describe.skipIf(noClang)('relocations', () => {
  const reads: [string, string, string, string, object][] = [
    [
      'a member where it lies on the kernel',
      'struct s { u32 b; } CORE;',
      'return ((struct s *)ctx[0])->b;',
      'struct s { u64 a; u32 b; };',
      value(8, 4),
    ],
    [
      'a flavour is the type without its suffix',
      'struct s___old { u32 b; } CORE;',
      'return ((struct s___old *)ctx[0])->b;',
      'struct s { u64 a; u32 b; };',
      value(8, 4),
    ],
    [
      'a member of anonymous structs and unions',
      'struct s { u32 b; } CORE;',
      'return ((struct s *)ctx[0])->b;',
      'struct s { u64 a; union { u64 x; struct { u32 y; u32 b; }; }; };',
      value(12, 4),
    ],
    [
      'a member of a member',
      'struct in { u32 b; } CORE; struct s { struct in i; } CORE;',
      'return ((struct s *)ctx[0])->i.b;',
      'struct in { u64 a; u32 b; }; struct s { u64 c; struct in i; };',
      value(16, 4),
    ],
    [
      'an element of an array',
      'struct s { u32 a[4]; } CORE;',
      'return ((struct s *)ctx[0])->a[2];',
      'struct s { u64 x; u32 a[8]; };',
      value(16, 4),
    ],
    [
      'a wider unsigned member is loaded whole',
      'struct s { u32 b; } CORE;',
      'return ((struct s *)ctx[0])->b;',
      'struct s { u64 b; };',
      value(0, 8),
    ],
    [
      'a wider signed member cannot be',
      'struct s { int b; } CORE;',
      'return ((struct s *)ctx[0])->b;',
      'struct s { long long b; };',
      value(0, undefined),
    ],
    [
      'an element behind the end of the array is not there',
      'struct s { u32 a[4]; } CORE;',
      'return ((struct s *)ctx[0])->a[2];',
      'struct s { u32 a[2]; };',
      { state: 'poisoned', reason: 'no struct s.a[2]' },
    ],
    [
      'a member that is not there',
      'struct s { u32 b; } CORE;',
      'return ((struct s *)ctx[0])->b;',
      'struct s { u32 a; };',
      { state: 'poisoned', reason: 'no struct s.b' },
    ],
    [
      'a member of another kind',
      'struct s { u32 b; } CORE;',
      'return ((struct s *)ctx[0])->b;',
      'struct s { void *b; };',
      { state: 'poisoned', reason: 'no struct s.b' },
    ],
    [
      'a type that is not there',
      'struct s { u32 b; } CORE;',
      'return ((struct s *)ctx[0])->b;',
      'struct t { u32 b; };',
      { state: 'poisoned', reason: 'no struct s' },
    ],
    [
      'a union is no struct',
      'struct s { u32 b; } CORE;',
      'return ((struct s *)ctx[0])->b;',
      'union s { u32 b; };',
      { state: 'poisoned', reason: 'no struct s' },
    ],
  ];
  const questions: [string, string, string, string, number][] = [
    [
      'a member exists',
      'struct s { u32 b; } CORE;',
      'bpf_core_field_exists(((struct s *)0)->b)',
      'struct s { u32 a, b; };',
      1,
    ],
    [
      'it does not',
      'struct s { u32 b; } CORE;',
      'bpf_core_field_exists(((struct s *)0)->b)',
      'struct s { u32 a; };',
      0,
    ],
    [
      'nor in a type that does not',
      'struct s { u32 b; } CORE;',
      'bpf_core_field_exists(((struct s *)0)->b)',
      'struct t { u32 a; };',
      0,
    ],
    [
      'the size of a member',
      'struct s { u32 b; } CORE;',
      'bpf_core_field_size(((struct s *)0)->b)',
      'struct s { u64 b; };',
      8,
    ],
    ['a type exists', 'struct s { u32 b; } CORE;', 'bpf_core_type_exists(struct s)', 'struct s { u64 z; };', 1],
    ['it does not exist', 'struct s { u32 b; } CORE;', 'bpf_core_type_exists(struct s)', 'struct t { u64 z; };', 0],
    ['the size of a type', 'struct s { u32 b; } CORE;', 'bpf_core_type_size(struct s)', 'struct s { u64 a[5]; };', 40],
    [
      'the value of an enumerator',
      'enum e { A = 1, B };',
      'bpf_core_enum_value(enum e, B)',
      'enum e { A = 7, Z, B };',
      9,
    ],
    ['an enumerator exists', 'enum e { A = 1 };', 'bpf_core_enum_value_exists(enum e, A)', 'enum e { A = 7 };', 1],
    ['an enumerator does not', 'enum e { A = 1 };', 'bpf_core_enum_value_exists(enum e, A)', 'enum e { Z = 7 };', 0],
  ];
  const cases: Case[] = [
    ...reads.map(([title, local, body, target, expected]) => ({ title, local, body, target, expected })),
    ...questions.map(([title, local, question, target, number]) => {
      const expected = { state: 'value', value: BigInt(number) };
      return { title, local, body: `return ${question};`, target, expected };
    }),
  ];

  it.each(noClang ? [] : compileCases(cases))('$title', ({ found, expected }) => {
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject(expected);
  });

  it('a bit field is shifted out of the word around it', () => {
    const body = 'struct s *s = (void *)ctx[0]; return BPF_CORE_READ_BITFIELD_PROBED(s, b);';
    const code = program('struct s { u32 b : 3; } CORE;', body);
    const found = relocations(code, 'p', kernelTypes('struct s { u32 a : 5; u32 b : 3; };'));
    // Offset and size of the word, the shifts up and down, the sign.
    const numbers = found.map((one) => (one.state === 'value' ? Number(one.value) : one.state));
    expect(numbers).toEqual(expect.arrayContaining([0, 4, 64 - 8, 64 - 3]));
  });

  it('types of one name that differ are refused, as libbpf does; ones that agree are not', () => {
    const code = program('struct s { u32 b; } CORE;', 'return ((struct s *)ctx[0])->b;');
    const [one, two] = [kernelTypes('struct s { unsigned b; };'), kernelTypes('struct s { long a; unsigned b; };')];
    const both = (a: typeof one, b: typeof one) => ({
      type: (id: number) => (id < 10_000 ? a.type(id) : shifted(b, id)),
      named: (name: string) => [...a.named(name), ...b.named(name).map((id) => id + 10_000)],
    });
    const shifted = (types: typeof one, id: number) => {
      const type = types.type(id - 10_000);
      if (type?.kind !== 'struct') return type;
      return { ...type, members: type.members.map((member) => ({ ...member, type: member.type + 10_000 })) };
    };
    expect(relocations(code, 'p', both(one, two))).toMatchObject([{ state: 'refused' }]);
    expect(relocations(code, 'p', both(one, one))).toMatchObject([{ state: 'value' }]);
  });

  it('modules are asked only for what the kernel does not have', () => {
    const code = program('struct s { u32 b; } CORE;', 'return ((struct s *)ctx[0])->b;');
    const [core, module] = [kernelTypes('struct s { u32 b; };'), kernelTypes('struct s { u64 a; u32 b; };')];
    const other = kernelTypes('struct t { u32 b; };');
    expect(relocations(code, 'p', core, module)).toEqual([value(0, 4)]);
    expect(relocations(code, 'p', other, module)).toEqual([value(8, 4)]);
  });
});
