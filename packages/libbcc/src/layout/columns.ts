import { type Field, type Member, SkepError } from '@skep/core';
import { type BitRange, integerSize, type Layout, type RecordLayout } from './layout.js';
import { readBits } from './values.js';

/** An array of more is no set of columns. */
const MOST_ELEMENTS = 16;

const NO_TYPEDEFS: ReadonlyMap<string, string> = new Map();

/** A member, which may be some bits of an integer. */
export interface ColumnMember extends Member {
  readonly bits?: BitRange;
}

/**
 * The columns of a value: one for a plain value, named `name`; those of its members for a struct, with the names of nested
 * structs before them. Arrays of numbers are a column per element.
 *
 * @param typedefs by name of the column; those of skep become its meaning
 * @throws SkepError SKEP_SCHEMA for what cannot be a column.
 */
export function columnsOf(layout: Layout, name: string, typedefs = NO_TYPEDEFS): ColumnMember[] {
  const members = layout.kind === 'record' ? recordColumns(layout, '', 0) : plainColumns(layout, name, 0);
  return members.map((member) => {
    const typedef = typedefs.get(member.field.name);
    return typedef?.startsWith('skep_') ? { ...member, field: { ...member.field, meaning: typedef } } : member;
  });
}

function recordColumns(record: RecordLayout, prefix: string, base: number): ColumnMember[] {
  return record.members.flatMap(({ name, offset, layout, bits }) => {
    const columns = plainColumns(layout, name === '' ? prefix.replace(/_$/, '') : prefix + name, base + offset);
    return bits ? columns.map((column) => ({ ...column, bits })) : columns;
  });
}

function plainColumns(layout: Layout, name: string, offset: number): ColumnMember[] {
  switch (layout.kind) {
    case 'record':
      return recordColumns(layout, name === '' ? '' : `${name}_`, offset);
    case 'array':
      if (layout.length > MOST_ELEMENTS) {
        const remedy = `at most ${MOST_ELEMENTS} elements become columns; use an array of bytes`;
        throw new SkepError('SKEP_SCHEMA', `"${name}" has ${layout.length} elements`, remedy);
      }
      return Array.from({ length: layout.length }, (_, i) => i).flatMap((i) =>
        plainColumns(layout.element, `${name}_${i}`, offset + i * layout.element.size),
      );
    case 'bytes':
      return [
        column(name, 'bytes', layout.meaning ?? (layout.isText ? 'skep_text_t' : 'skep_bytes_t'), layout.size, offset),
      ];
    case 'integer':
      return [column(name, layout.type, undefined, layout.size, offset)];
  }
}

function column(name: string, type: Field['type'], meaning: string | undefined, size: number, offset: number): Member {
  return { field: { name, type, meaning, doc: '', size, labels: undefined }, offset };
}

/** The same columns where each lies at a multiple of its size, as decoders need it; `size` is a multiple of 8. */
export interface AlignedColumns {
  readonly members: readonly Member[];
  readonly size: number;
}

export function alignColumns(members: readonly Member[]): AlignedColumns {
  let end = 0;
  const aligned = members.map(({ field }) => {
    const align = field.type === 'bytes' ? 4 : integerSize(field.type);
    const offset = Math.ceil(end / align) * align;
    end = offset + field.size;
    return { field, offset };
  });
  return { members: aligned, size: Math.ceil(end / 8) * 8 };
}

/** Copy one record into its aligned form, where bit fields are whole integers. */
export function copyAligned(
  from: Uint8Array,
  start: number,
  members: readonly ColumnMember[],
  to: Uint8Array,
  at: number,
  aligned: AlignedColumns,
): void {
  for (const [i, { field, offset, bits }] of members.entries()) {
    const target = at + aligned.members[i]!.offset;
    if (bits) {
      const isSigned = field.type.startsWith('i');
      let value = BigInt.asUintN(field.size * 8, readBits(from, start + offset, field.size, bits, isSigned));
      for (let b = 0; b < field.size; b++, value >>= 8n) to[target + b] = Number(value & 0xffn);
      continue;
    }
    for (let b = 0; b < field.size; b++) to[target + b] = from[start + offset + b]!;
  }
}
