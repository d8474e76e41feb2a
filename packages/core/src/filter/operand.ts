import { suggest } from '../errors.js';
import type { Literal } from './ast.js';
import type { FilterColumn } from './column.js';
import { parseMoment } from './moment.js';
import { type Network, parseNetwork } from './passes/address.js';
import type { FilterSource } from './source.js';

/** Columns whose own name says that they do not count nanoseconds. */
const OTHER_UNIT = /(?:^|_)(?:us|usecs?|ms|msecs?|s|secs?|seconds?|jiffies|ticks)$/i;

/** The literal as a value of an integer column; a label may stand for several numbers. */
export function integersOf(source: FilterSource, column: FilterColumn, literal: Literal): readonly bigint[] {
  const { field } = column;
  if (literal.kind === 'text' && column.class === 'moment') {
    const ns = parseMoment(literal.text);
    if (ns === undefined) {
      throw source.error(literal.at, `${source.at(literal.at)} is not a moment`, "write '2026-01-31T10:00:00Z'");
    }
    return [ns];
  }
  if (literal.kind === 'text' && field.labels) {
    const values = [...field.labels].filter(([, label]) => label === literal.text).map(([value]) => BigInt(value));
    if (values.length > 0) return values;
    const remedy = suggest(literal.text, [...field.labels.values()]);
    throw source.error(literal.at, `"${literal.text}" is not a label of field "${field.name}"`, remedy);
  }
  if (literal.kind !== 'integer') throw mismatch(source, column, literal);
  const [min, max] = column.range;
  if (literal.value < min || literal.value > max) {
    const message = `${source.at(literal.at)} is out of the range of field "${field.name}" (${field.type})`;
    throw source.error(literal.at, message, `${min} to ${max}`);
  }
  if (literal.unit === 'time' && (column.class === 'moment' || isOtherUnit(column))) {
    const message = `field "${field.name}" does not count nanoseconds, as ${source.at(literal.at)} does`;
    const remedy = column.class === 'moment' ? "write a moment: '2026-01-31T10:00:00Z'" : 'write a number without unit';
    throw source.error(literal.at, message, remedy);
  }
  return [literal.value];
}

function isOtherUnit({ field }: FilterColumn): boolean {
  return field.meaning !== 'skep_duration_ns_t' && OTHER_UNIT.test(field.name);
}

export function bytesOf(source: FilterSource, column: FilterColumn, literal: Literal): Uint8Array {
  if (literal.kind !== 'text') throw mismatch(source, column, literal);
  return literal.bytes;
}

export function textOf(source: FilterSource, column: FilterColumn, literal: Literal): string {
  if (literal.kind !== 'text') throw mismatch(source, column, literal);
  return literal.text;
}

export function booleanOf(source: FilterSource, column: FilterColumn, literal: Literal): boolean {
  if (literal.kind !== 'boolean') throw mismatch(source, column, literal);
  return literal.value;
}

export function networkOf(source: FilterSource, column: FilterColumn, literal: Literal): Network {
  if (literal.kind !== 'text') throw mismatch(source, column, literal);
  const network = parseNetwork(literal.text);
  if (network) return network;
  throw source.error(literal.at, `"${literal.text}" is not an IP address or network`, "write '10.0.0.0/8' or '::1'");
}

const KINDS: Readonly<Record<Literal['kind'], string>> = {
  integer: 'a number',
  text: 'text',
  boolean: 'a boolean',
  regex: 'a regular expression',
};

const EXAMPLES: Readonly<Record<FilterColumn['class'], string>> = {
  boolean: 'write true or false',
  integer: 'write a number without quotes',
  moment: "write '2026-01-31T10:00:00Z'",
  text: "write text in quotes: 'node'",
  address: "write '10.0.0.0/8' or '::1'",
  list: "write text in quotes: '-v'",
  shown: "write text in quotes: 'node'",
};

function mismatch(source: FilterSource, column: FilterColumn, literal: Literal): Error {
  const message = `field "${column.field.name}" is ${column.described}, ${source.at(literal.at)} is ${KINDS[literal.kind]}`;
  return source.error(literal.at, message, EXAMPLES[column.class]);
}
