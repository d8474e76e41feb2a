import { type Field, type Member, SkepError } from '@skep/core';
import { integerSize, type Layout, type RecordLayout } from './layout.js';

/** An array of more is no set of columns. */
const MOST_ELEMENTS = 16;

const NO_TYPEDEFS: ReadonlyMap<string, string> = new Map();

/**
 * The columns of a value: one for a plain value, named `name`; those of its members for a struct, with the names of nested
 * structs before them. Arrays of numbers are a column per element.
 *
 * @param typedefs by name of the column; those of skep become its meaning
 * @throws SkepError SKEP_SCHEMA for what cannot be a column.
 */
export function columnsOf(layout: Layout, name: string, typedefs = NO_TYPEDEFS): Member[] {
  const members = layout.kind === 'record' ? recordColumns(layout, '', 0) : plainColumns(layout, name, 0);
  return members.map(({ field, offset }) => {
    const typedef = typedefs.get(field.name);
    return { field: typedef?.startsWith('skep_') ? { ...field, meaning: typedef } : field, offset };
  });
}

function recordColumns(record: RecordLayout, prefix: string, base: number): Member[] {
  return record.members.flatMap(({ name, offset, layout, bits }) => {
    if (bits) {
      throw new SkepError(
        'SKEP_SCHEMA',
        `member "${name}" of struct ${record.name} is a bit field`,
        'use an integer of whole bytes',
      );
    }
    return plainColumns(layout, name === '' ? prefix.replace(/_$/, '') : prefix + name, base + offset);
  });
}

function plainColumns(layout: Layout, name: string, offset: number): Member[] {
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
      return [column(name, 'bytes', layout.isText ? 'skep_text_t' : 'skep_bytes_t', layout.size, offset)];
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

/** Copy one record into its aligned form. */
export function copyAligned(
  from: Uint8Array,
  start: number,
  members: readonly Member[],
  to: Uint8Array,
  at: number,
  aligned: AlignedColumns,
): void {
  for (const [i, { field, offset }] of members.entries()) {
    const target = at + aligned.members[i]!.offset;
    for (let b = 0; b < field.size; b++) to[target + b] = from[start + offset + b]!;
  }
}
