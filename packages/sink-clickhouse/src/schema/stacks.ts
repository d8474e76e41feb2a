import { createHash } from 'node:crypto';
import type { Schema } from '@skep/core';
import type { Capabilities } from '../capabilities.js';
import { bestRepresentation } from './representation.js';
import type { Column, Table } from './table.js';

/** The typedef of a column that holds a stack: names of frames from the root, separated by `;`. */
export const FRAMES_MEANING = 'skep_frames';
const SEPARATOR = 0x3b;

/** The field that holds the frames, in a stream of stacks. */
export function framesIndex(schema: Schema): number | undefined {
  if (schema.shape !== 'stacks') return undefined;
  const index = schema.fields.findIndex((field) => field.meaning === FRAMES_MEANING && field.type === 'bytes');
  return index < 0 ? undefined : index;
}

/**
 * Samples name their stack by an id: eight times smaller than frames in every row, and quicker to sum up, as counts are
 * added per id before the frames are looked up.
 */
export function samplesTable(table: Table, frames: number, capabilities: Capabilities): Table {
  const columns = table.columns.map((column): Column => {
    if (column.values.from !== 'field' || column.values.index !== frames) return column;
    return {
      name: 'stack_id',
      kind: 'hash',
      representation: bestRepresentation('hash', capabilities),
      values: { from: 'stack-id', index: frames },
      comment: `the stack, in ${stackTableName(table.name)}`,
    };
  });
  return { ...table, columns };
}

/** Each distinct stack, once: written when an agent sees it first, and again every day, so that TTL spares it. */
export function stackTable(table: Table, frames: number, capabilities: Capabilities): Table {
  const name = stackTableName(table.name);
  const columns: readonly Column[] = [
    {
      name: 'stack_id',
      kind: 'hash',
      representation: bestRepresentation('hash', capabilities),
      values: { from: 'stack-id', index: frames },
      comment: 'first 64 bits of the SHA-256 of the frames',
    },
    {
      name: 'frames',
      kind: 'words',
      representation: bestRepresentation('words', capabilities),
      values: { from: 'frames', index: frames },
      comment: 'names of the frames, root first',
    },
    {
      name: 'seen',
      kind: 'seconds',
      representation: bestRepresentation('seconds', capabilities),
      values: { from: 'clock' },
      comment: 'when an agent wrote it last, UTC',
    },
  ];
  return {
    ...table,
    name,
    localName: table.localName === table.name ? name : `${name}_local`,
    columns,
    aliases: [],
    orderBy: ['stack_id'],
    partitionBy: undefined,
    timeColumn: 'seen',
    replacedBy: 'seen',
    onlyNew: { index: frames },
    comment: `stacks of ${table.name}`,
  };
}

export function stackTableName(samples: string): string {
  return `${samples}_stacks`;
}

/** 64 bits, so that a symbol chosen by whoever is traced cannot be made to share another stack's id by accident. */
export function stackId(frames: Uint8Array): bigint {
  return createHash('sha256').update(frames).digest().readBigUInt64LE(0);
}

/** Calls `frame` for each, root first; a stack without frames has one, with no name. */
export function eachFrame(
  data: Uint8Array,
  start: number,
  end: number,
  frame: (from: number, to: number) => void,
): number {
  let count = 0;
  let from = start;
  for (let at = start; at <= end; at++) {
    if (at < end && data[at] !== SEPARATOR) continue;
    frame(from, at);
    from = at + 1;
    count++;
  }
  return count;
}
