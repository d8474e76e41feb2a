import { SkepError } from '@skep/core';
import { restoreArrays } from './array-typedefs.js';
import { arraysOf, type Layout, type LayoutMember, layoutOf, namedLayout, type RecordLayout } from './layout.js';

/** What is known of the records of one event table. */
export interface EventLayout {
  readonly record: RecordLayout;
  /** Typedefs by member: those of skep say what a value means. */
  readonly typedefs: ReadonlyMap<string, string>;
}

/** A struct of the text as libbcc describes it, and how large the compiler makes it. */
export interface DescribedStruct {
  readonly json: string;
  readonly size: number;
}

interface EventField {
  readonly name: string;
  readonly type: string;
  readonly dimensions: readonly number[];
}

/**
 * The layout of the struct that a program submits to `table`: libbcc tells names and types of its members, and the structs
 * of the text, laid out by the compiler, tell the rest.
 *
 * @param structs those of the text
 * @throws SkepError SKEP_SCHEMA when the members cannot be read.
 */
export function eventLayout(
  table: string,
  fields: readonly string[],
  structs: readonly DescribedStruct[],
): EventLayout {
  if (fields.length === 0) {
    throw new SkepError(
      'SKEP_SCHEMA',
      `nothing is known of the events of "${table}"`,
      'submit a struct that the text declares, by perf_submit(), ringbuf_output() or ringbuf_submit()',
    );
  }
  const parsed = fields.map(eventField);
  const typedefs = new Map(parsed.map(({ name, type }) => [name, type]));
  return { record: declared(parsed, structs) ?? computed(table, parsed), typedefs };
}

/** `comm#char[16]` */
function eventField(text: string): EventField {
  const [name = '', spelled = ''] = text.split('#', 2);
  const dimensions = [...spelled.matchAll(/\[(\d+)\]/g)].map(([, length]) => Number(length));
  return { name, type: spelled.replace(/\s*\[.*$/, ''), dimensions };
}

function declared(fields: readonly EventField[], structs: readonly DescribedStruct[]): RecordLayout | undefined {
  for (const { json, size } of structs) {
    const layout = readable(json, fields);
    if (layout?.kind !== 'record' || layout.members.length !== fields.length) continue;
    if (!layout.members.every((member, i) => isSame(member, fields[i]!))) continue;
    if (layout.size === size) return layout;
    const message = `struct ${layout.name} of ${size} bytes is described with ${layout.size}`;
    throw new SkepError(
      'SKEP_SCHEMA',
      message,
      'libbcc does not describe bit fields of packed structs, and typedefs of arrays',
    );
  }
  return undefined;
}

/**
 * A struct that cannot be read is not the one of a stream, or it is said to be unknown there. Of an array of arrays libbcc
 * describes the first dimension only, of a typedef of an array one element; the fields of the event have the rest.
 */
function readable(json: string, fields: readonly EventField[]): Layout | undefined {
  const dimensions = new Map(fields.map((field) => [field.name, field.dimensions]));
  const typedefs = new Map(fields.map(({ name, type }) => [name, type]));
  try {
    const parsed = JSON.parse(json);
    if (typeof parsed === 'string') return undefined;
    const description = restoreArrays(parsed, typedefs) as [string, unknown[][]];
    for (const member of description[1]) {
      const known = dimensions.get(member[0] as string) ?? [];
      if (known.length > 1) member[2] = known;
    }
    return layoutOf(description);
  } catch {
    return undefined;
  }
}

/** Two structs may have the same names: then the sizes of plain types tell them apart. */
function isSame({ name, layout, bits }: LayoutMember, field: EventField): boolean {
  if (name !== field.name) return false;
  const spelled = fieldLayout(field);
  return bits !== undefined || spelled === undefined || spelled.size === layout.size;
}

function fieldLayout({ type, dimensions }: EventField): Layout | undefined {
  const element = namedLayout(type);
  return element && arraysOf(element, dimensions, type);
}

/** For a struct that is not declared at the top level of the text: its members in their natural places. */
function computed(table: string, fields: readonly EventField[]): RecordLayout {
  const members: LayoutMember[] = [];
  let end = 0;
  let align = 1;
  for (const field of fields) {
    const layout = fieldLayout(field);
    if (!layout) {
      const message = `the type "${field.type}" of member "${field.name}" of the events of "${table}" is not known`;
      const isFloat = /\b(float|double)$/.test(field.type);
      const remedy = isFloat ? 'use integers, arrays and structs' : 'declare the struct at the top level of the text';
      throw new SkepError('SKEP_SCHEMA', message, remedy);
    }
    const offset = Math.ceil(end / layout.align) * layout.align;
    members.push({ name: field.name, offset, layout });
    end = offset + layout.size;
    align = Math.max(align, layout.align);
  }
  return { kind: 'record', name: table, members, size: Math.ceil(end / align) * align, align };
}
