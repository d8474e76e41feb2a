import { expect } from 'vitest';

/** How a type is passed: what must agree between the two languages. */
const CLASSES: Readonly<Record<string, string>> = {
  void: 'void',
  bool: 'bool',
  int: 'i32',
  __s32: 'i32',
  __u32: 'u32',
  uint32_t: 'u32',
  'unsigned int': 'u32',
  unsigned: 'u32',
  int16_t: 'i16',
  bcc_usdt_cb: 'pointer',
  __u64: 'u64',
  uint64_t: 'u64',
  size_t: 'size',
  pid_t: 'i32',
  // typedef int (*libbpf_print_fn_t)(...)
  libbpf_print_fn_t: 'pointer',
};

export interface Parameter {
  readonly name: string;
  readonly type: string;
}

export interface Prototype {
  readonly name: string;
  readonly returns: string;
  readonly parameters: readonly Parameter[];
}

/** `const struct bpf_map *` -> `const pointer`, `__u32` -> `u32`, `const char *` -> `string`. */
function classOf(type: string): string {
  const words = type
    .replace(/\b_(Out|Inout)_\b/g, '')
    .replace(/\*/g, ' * ')
    .trim()
    .split(/\s+/);
  const stars = words.filter((word) => word === '*').length;
  const isConst = words[0] === 'const';
  const base = words.filter((word) => word !== '*' && word !== 'const').join(' ');
  if (stars > 0) return isConst && base === 'char' && stars === 1 ? 'string' : `${isConst ? 'const ' : ''}pointer`;
  // None of libbpf's enums has a value below 0: the compiler takes unsigned int.
  if (base.startsWith('enum ')) return 'u32';
  const found = CLASSES[base];
  if (found === undefined) throw new Error(`the type "${type}" is not in the table of this test`);
  return found;
}

/** A C prototype in parts; @throws Error for a type that is not in the table. */
export function parsePrototype(text: string): Prototype {
  const [, before = '', name = '', inside = ''] = /^([\w\s*]*?)(\w+)\s*\(([\s\S]*)\)$/.exec(text.trim())!;
  const parameters = inside.trim() === 'void' ? [] : inside.split(',').map(parseParameter);
  return { name, returns: classOf(before).replace('const ', ''), parameters };
}

function parseParameter(text: string): Parameter {
  const [, type = '', name = ''] = /^([\s\S]*?)(\w+)$/.exec(text.trim())!;
  return { name, type: classOf(type) };
}

/**
 * What our prototype and the header's must have in common, as assertions of vitest: how everything is passed, and the
 * names, because two parameters of one type in the wrong order look the same but for their names.
 */
export function expectSamePrototype(ours: string, theirs: string): void {
  const [mine, header] = [parsePrototype(ours), parsePrototype(theirs)];
  expect(mine.returns).toBe(header.returns);
  expect(mine.parameters.map(({ type }) => type)).toEqual(header.parameters.map(({ type }) => type));
  const isNamed = header.parameters.every((parameter) => parameter.name !== '');
  if (isNamed) expect(mine.parameters.map(({ name }) => name)).toEqual(header.parameters.map(({ name }) => name));
}
