import type { ColumnType, Field, Member } from '@skep/core';
import type { RecordLayout } from '@skep/libbpf/btf';

/** A member of a hand-made record; a plain `u32` unless said otherwise. */
export interface MemberSpec extends Partial<Omit<Field, 'name'>> {
  readonly name: string;
}

const SIZES: Readonly<Record<Exclude<ColumnType, 'bytes'>, number>> = {
  u8: 1,
  i8: 1,
  bool: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  u64: 8,
  i64: 8,
};

/** The layout that a C compiler gives a struct of these members, for tests that need no compiler. */
export function layoutOf(members: readonly MemberSpec[], name = 'record'): RecordLayout {
  let offset = 0;
  let largest = 1;
  const placed: Member[] = members.map((spec) => {
    const field = fieldOf(spec);
    const alignment = field.type === 'bytes' ? 1 : field.size;
    largest = Math.max(largest, alignment);
    const at = roundUp(offset, alignment);
    offset = at + field.size;
    return { field, offset: at };
  });
  return { name, size: roundUp(offset, largest), members: placed, histograms: [] };
}

/** The field of one member. */
export function fieldOf({ name, type = 'u32', ...rest }: MemberSpec): Field {
  const size = type === 'bytes' ? 16 : SIZES[type];
  return { name, type, meaning: undefined, doc: '', size, labels: undefined, ...rest };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
