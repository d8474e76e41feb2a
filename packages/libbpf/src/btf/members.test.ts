import { describe, expect, it } from 'vitest';
import type { Btf, BtfMember, BtfType } from './btf.js';
import { memberDocs, recordLayout } from './members.js';

const U32: BtfType = { kind: 'int', name: 'unsigned int', size: 4, signed: false, bool: false };
const S64: BtfType = { kind: 'int', name: 'long long', size: 8, signed: true, bool: false };
const BOOL: BtfType = { kind: 'int', name: '_Bool', size: 1, signed: false, bool: true };
const CHAR: BtfType = { kind: 'int', name: 'char', size: 1, signed: true, bool: false };
const UCHAR: BtfType = { kind: 'int', name: 'unsigned char', size: 1, signed: false, bool: false };

/** Types 1 to 5 are those above; 6 is a struct with these members; the rest follows. */
function layoutOf(members: readonly Partial<BtfMember>[], ...more: readonly BtfType[]) {
  const all = members.map((member, i) => ({ name: `m${i}`, type: 1, offsetBits: i * 64, bits: 0, ...member }));
  const struct: BtfType = { kind: 'struct', name: 'tool_event', size: all.length * 8, members: all };
  const btf: Btf = { types: [{ kind: 'void' }, U32, S64, BOOL, CHAR, UCHAR, struct, ...more] };
  return recordLayout(btf, 6, 'events', memberDocs(btf));
}

const typedef = (name: string, type: number): BtfType => ({ kind: 'typedef', name, type });
const array = (type: number, count: number): BtfType => ({ kind: 'array', type, count });

describe('members of a struct as columns', () => {
  it.each<[string, readonly BtfType[], object]>([
    ['an unsigned integer', [typedef('__u32', 1)], { type: 'u32', meaning: undefined, size: 4 }],
    ['a signed integer', [typedef('__s64', 2)], { type: 'i64', meaning: undefined, size: 8 }],
    ['a boolean', [typedef('bool', 3)], { type: 'bool', size: 1 }],
    ['a constant', [{ kind: 'const', type: 1 }], { type: 'u32' }],
    ['a typedef with a meaning', [typedef('skep_duration_ns_t', 2)], { type: 'i64', meaning: 'skep_duration_ns_t' }],
    [
      'a typedef of a typedef: the first one counts',
      [typedef('skep_max_t', 8), typedef('skep_x_t', 1)],
      { meaning: 'skep_max_t' },
    ],
    ['an array of characters', [array(4, 16)], { type: 'bytes', meaning: 'skep_text_t', size: 16 }],
    ['an array of bytes', [array(5, 6)], { type: 'bytes', meaning: 'skep_bytes_t', size: 6 }],
    [
      'a typedef of an array',
      [typedef('skep_comm_t', 8), array(4, 16)],
      { type: 'bytes', meaning: 'skep_comm_t', size: 16 },
    ],
    [
      'an array of a typedef',
      [array(8, 256), typedef('skep_path_t', 4)],
      { type: 'bytes', meaning: 'skep_path_t', size: 256 },
    ],
  ])('%s', (_, more, field) => {
    expect(layoutOf([{ type: 7 }], ...more).members[0]!.field).toMatchObject(field);
  });

  it('keep their offsets, without those that only fill up', () => {
    const { members, size } = layoutOf([
      {},
      { name: 'pad' },
      { name: '__reserved2' },
      { name: 'pads' },
      { name: '_pad1' },
    ]);
    expect(members.map(({ field, offset }) => [field.name, offset])).toEqual([
      ['m0', 0],
      ['pads', 24],
    ]);
    expect(size).toBe(40);
  });

  it('take their documentation from the tag of their place', () => {
    const tags: BtfType[] = [
      { kind: 'decl_tag', name: 'doc:the second', type: 6, component: 1 },
      { kind: 'decl_tag', name: 'something else', type: 6, component: 0 },
    ];
    expect(layoutOf([{}, {}], ...tags).members.map(({ field }) => field.doc)).toEqual(['', 'the second']);
  });

  it('that are ids of stacks become names of frames, of the process beside them', () => {
    const [user, process, kernel] = layoutOf(
      [{ type: 7 }, { name: 'pid' }, { type: 8 }],
      typedef('skep_user_stack_t', 2),
      typedef('skep_kernel_stack_t', 2),
    ).members;
    expect(user).toMatchObject({
      field: { type: 'bytes', meaning: 'skep_frames' },
      offset: 0,
      stack: { half: 'user', pidOffset: 8 },
    });
    expect(process!.stack).toBeUndefined();
    expect(kernel).toMatchObject({ field: { type: 'bytes' }, offset: 16, stack: { half: 'kernel' } });
    expect(() => layoutOf([{ type: 7 }], typedef('skep_user_stack_t', 2))).toThrow('user stack of nobody');
  });

  it('set histograms aside', () => {
    const hist: BtfType = { kind: 'struct', name: '', size: 512, members: [] };
    const { members, histograms } = layoutOf([{}, { type: 7 }], typedef('skep_hist_t', 8), hist);
    expect(members).toHaveLength(1);
    expect(histograms).toEqual([{ name: 'm1', offset: 8, doc: '' }]);
  });

  it.each<[readonly (readonly [string, number])[], readonly (readonly [number, string])[]]>([
    [
      [
        ['VEC_hi', 0],
        ['VEC_net_tx', 2],
      ],
      [
        [0, 'hi'],
        [2, 'net_tx'],
      ],
    ],
    [
      [
        ['READ', 0],
        ['RESET', 1],
      ],
      [
        [0, 'READ'],
        [1, 'RESET'],
      ],
    ],
    [
      [
        ['A_B_x', 5],
        ['A_C_x', 6],
      ],
      [
        [5, 'B_x'],
        [6, 'C_x'],
      ],
    ],
    [
      [
        ['ERR', -1],
        ['OK', 0],
      ],
      [
        [-1, 'ERR'],
        [0, 'OK'],
      ],
    ],
  ])('label the values of an enum, without their common prefix: %j', (values, labels) => {
    const type: BtfType = { kind: 'enum', name: 'e', size: 4, signed: values.some(([, n]) => n < 0), values };
    const { field } = layoutOf([{ type: 7 }], type).members[0]!;
    expect([...field.labels!]).toEqual(labels);
    expect(field.type).toBe(type.kind === 'enum' && type.signed ? 'i32' : 'u32');
  });

  it.each<[string, Partial<BtfMember>, readonly BtfType[], RegExp]>([
    ['a bit field', { bits: 3 }, [], /member "m0" of struct tool_event is a bit field/],
    [
      'a nested struct',
      { type: 7 },
      [{ kind: 'struct', name: 'in', size: 4, members: [] }],
      /member "m0" of struct tool_event cannot be/,
    ],
    ['a union', { type: 7 }, [{ kind: 'union', name: 'in', size: 4, members: [] }], /cannot be a column/],
    ['a pointer', { type: 7 }, [{ kind: 'ptr', type: 1 }], /cannot be a column/],
    ['an array of numbers', { type: 7 }, [array(1, 4)], /cannot be a column/],
    ['a floating point number', { type: 7 }, [{ kind: 'float', name: 'double' }], /cannot be a column/],
  ])('cannot be %s', (_, member, more, message) => {
    const make = () => layoutOf([member], ...more);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'SKEP_SCHEMA' }));
  });
});

describe('a plain integer as a record', () => {
  it('is one column', () => {
    const layout = recordLayout({ types: [{ kind: 'void' }, U32] }, 1, 'key', new Map());
    expect(layout).toMatchObject({ size: 4, members: [{ offset: 0, field: { name: 'key', type: 'u32' } }] });
  });
});
