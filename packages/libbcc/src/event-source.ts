import { type BatchBuilder, type Schema, SkepError } from '@skep/core';
import { mapRing, PerfBuffer, RingReader, type StreamOwner, wallClock } from '@skep/libbpf';
import type { CompiledMap } from './compile.js';
import { columnsOf } from './layout/columns.js';
import { type DescribedStruct, eventLayout } from './layout/event-layout.js';
import { recordDecoder } from './layout/record-decoder.js';
import { MAP_PERF_EVENT_ARRAY, MAP_RINGBUF } from './map-types.js';

/** Pages of a perf buffer per CPU, as BCC's tools take. */
const PERF_PAGES = 64;

export interface EventSourceOptions {
  readonly owner: StreamOwner;
  readonly structs: readonly DescribedStruct[];
  /** Pages per CPU, a power of two; of perf buffers only. */
  readonly pages?: number | undefined;
  /** Perf buffers wake user space for each event, not when they are half full. */
  readonly isPrompt?: boolean | undefined;
  /** What the program has counted that found no room in a ring buffer. */
  ringFull(): bigint;
}

/** Whether a table is one that events are read from. */
export function isEventTable({ described }: CompiledMap): boolean {
  return (
    described.type === MAP_RINGBUF || (described.type === MAP_PERF_EVENT_ARRAY && described.eventFields.length > 0)
  );
}

/**
 * The schema of the events of a table.
 *
 * @throws SkepError SKEP_SCHEMA when the struct cannot be a row.
 */
export function eventSchema(
  { described }: CompiledMap,
  { owner, structs }: Pick<EventSourceOptions, 'owner' | 'structs'>,
) {
  const { record, typedefs } = eventLayout(described.name, described.eventFields, structs);
  const members = columnsOf(record, 'value', typedefs);
  const schema: Schema = {
    ...owner,
    stream: described.name,
    shape: 'events',
    fields: members.map(({ field }) => field),
    keys: [],
    layout: { columns: members.map(({ field }) => ({ field: field.name })) },
  };
  return { schema, members, size: record.size };
}

interface Reader {
  readonly fds: readonly number[];
  drain(into: BatchBuilder): number;
  held(): bigint;
  lost(): bigint;
  close(): void;
}

/**
 * The events of one BPF_PERF_OUTPUT or BPF_RINGBUF_OUTPUT, read from mapped pages. libbcc's own readers call back for every
 * event, and a program that traces what the call does never lets them end.
 */
export class EventSource {
  readonly schema: Schema;
  /** A ring buffer, shared by all CPUs. */
  readonly isRing: boolean;
  private readonly reader: Reader;

  /** @throws SkepError SKEP_SCHEMA for events that cannot be rows, SKEP_ATTACH when the buffers cannot be mapped. */
  constructor(compiled: CompiledMap, options: EventSourceOptions) {
    const { schema, members, size } = eventSchema(compiled, options);
    this.schema = schema;
    const decoder = recordDecoder(members, wallClock());
    const { map } = compiled;
    this.isRing = map.type === MAP_RINGBUF;
    if (this.isRing) {
      const { memory, unmap } = mapRing(map.fd, map.maxEntries);
      const ring = new RingReader(memory, decoder, size);
      this.reader = {
        fds: [map.fd],
        drain: (into) => ring.drain(into),
        held: () => ring.held(),
        lost: () => options.ringFull(),
        close: unmap,
      };
      return;
    }
    const buffer = new PerfBuffer(map, decoder, size, options.pages ?? PERF_PAGES, options.isPrompt);
    this.reader = {
      fds: buffer.fds,
      drain: (into) => buffer.drain(into),
      held: () => buffer.held(),
      lost: () => buffer.lost,
      close: () => buffer.close(),
    };
  }

  /** What to wait for: readable when a buffer is half full. */
  get fds(): readonly number[] {
    return this.reader.fds;
  }

  /** Events that found no room so far. */
  get lost(): bigint {
    return this.reader.lost();
  }

  held(): bigint {
    return this.reader.held();
  }

  /**
   * Add what there is to `into`, at most `into.room` rows. Never waits.
   *
   * @throws SkepError SKEP_SCHEMA when the program has sent less than its struct.
   */
  drain(into: BatchBuilder): number {
    try {
      return this.reader.drain(into);
    } catch (error) {
      const { code, message } = error as SkepError;
      if (code !== 'SKEP_RING_CORRUPT') throw error;
      throw new SkepError(
        'SKEP_SCHEMA',
        `${this.schema.stream}: ${message}`,
        'submit one struct, whole, in every place',
        {
          cause: error,
        },
      );
    }
  }

  close(): void {
    this.reader.close();
  }
}
