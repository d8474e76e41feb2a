import { expect, it } from 'vitest';
import { arrayTypedefs, withArrays } from './array-typedefs.js';
import { columnsOf } from './columns.js';
import { parseLayout } from './layout.js';

const TEXT = 'struct key { u32 pid; skep_comm_t comm; struct { skep_ip_t from; } in; u8 x; }; // skep_ip_t pid;';
const KEY = `["key", [["pid","unsigned int"], ["comm","char"], ["in",["", [["from","unsigned char"] ], "struct"]],
  ["x","unsigned char"] ], "struct"]`;

it('members whose typedef is an array have all their bytes, and their meaning', () => {
  const layout = parseLayout(withArrays(KEY, 40, arrayTypedefs(TEXT)));
  expect(columnsOf(layout, 'key').map(({ field, offset }) => [field.name, field.meaning, field.size, offset])).toEqual([
    ['pid', undefined, 4, 0],
    ['comm', 'skep_text_t', 16, 4],
    ['in_from', 'skep_ip_t', 16, 20],
    ['x', undefined, 1, 36],
  ]);
});

it('a type that is such a typedef is whole', () => {
  expect(parseLayout(withArrays('"char"', 16, new Map())).size).toBe(16);
});

it('what is of the right size, or does not become so, is left alone', () => {
  expect(withArrays(KEY, 12, arrayTypedefs(TEXT))).toBe(KEY);
  expect(withArrays('["key", [["comm","char"] ], "struct"]', 8, arrayTypedefs(TEXT))).toContain('["comm","char"]');
});
