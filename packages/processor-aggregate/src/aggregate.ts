import { type Batch, BatchBuilder, type Column, type Processor, rowKeys, type Schema, valueAt } from '@skep/core';
import type { Measure, Plan } from './columns.js';
import { Sketch } from './sketch.js';

/** Running values of one row to be: numbers while they are exact, bigint for columns of 64 bits. */
interface Group {
  readonly keys: readonly (number | bigint | Uint8Array)[];
  count: number;
  readonly values: (number | bigint | Sketch)[];
}

/** Gathers rows into one row per group and window. A batch of what it gives is new memory. */
export class Aggregate implements Processor {
  readonly schema: Schema;
  private readonly plan: Plan;
  private readonly everyMs: number;
  private readonly maxGroups: number;
  private readonly now: () => number;
  private groups = new Map<string, Group>();
  private windowEndMs: number;
  private events = 0;
  private isComplete = true;
  private isSnapshot = false;

  constructor(plan: Plan, everyMs: number, maxGroups: number, now: () => number = Date.now) {
    this.plan = plan;
    this.schema = plan.schema;
    this.everyMs = everyMs;
    this.maxGroups = maxGroups;
    this.now = now;
    this.windowEndMs = this.endAfter(now());
  }

  process(batch: Batch): Batch {
    const nowMs = this.now();
    const given = nowMs >= this.windowEndMs ? this.giveOut(this.windowEndMs) : undefined;
    if (given) this.windowEndMs = this.endAfter(nowMs);
    this.take(batch);
    if (!given && this.groups.size >= this.maxGroups) return this.giveOut(nowMs);
    return given ?? { schema: this.schema, rows: 0, columns: [], lost: 0, events: 0 };
  }

  due(): Batch | undefined {
    const nowMs = this.now();
    if (nowMs < this.windowEndMs) return undefined;
    const end = this.windowEndMs;
    this.windowEndMs = this.endAfter(nowMs);
    return this.groups.size > 0 ? this.giveOut(end) : undefined;
  }

  finish(): Batch | undefined {
    return this.groups.size > 0 ? this.giveOut(this.now()) : undefined;
  }

  held(): number {
    return this.isSnapshot ? 0 : this.events;
  }

  private endAfter(nowMs: number): number {
    return (Math.floor(nowMs / this.everyMs) + 1) * this.everyMs;
  }

  private take(batch: Batch): void {
    const { by, measures } = this.plan;
    const keys = rowKeys(batch, by);
    for (let r = 0; r < batch.rows; r++) {
      let group = this.groups.get(keys[r]!);
      if (!group) this.groups.set(keys[r]!, (group = newGroup(batch, r, this.plan)));
      group.count++;
      for (const [m, measure] of measures.entries()) {
        addTo(group.values, m, measure, batch.columns[measure.column]!, r);
      }
    }
    this.events += batch.rows;
    this.isSnapshot = batch.snapshot !== undefined;
    if (batch.lost > 0 || batch.snapshot?.complete === false) this.isComplete = false;
  }

  private giveOut(endMs: number): Batch {
    const builder = new BatchBuilder(this.schema, Math.max(this.groups.size, 1));
    const timeNs = BigInt(Math.round(endMs)) * 1_000_000n;
    const names = this.schema.fields.map(({ name }) => name);
    for (const { keys, count, values } of this.groups.values()) {
      const numbers = this.plan.measures.map(({ percent, kind }, m) =>
        kind === 'quantile' ? BigInt((values[m] as Sketch).quantile(percent)) : values[m],
      );
      const cells = [timeNs, ...keys, count, ...numbers];
      builder.push(Object.fromEntries(names.map((name, i) => [name, cells[i]])));
    }
    builder.snapshot = { timeNs, intervalNs: BigInt(this.everyMs) * 1_000_000n, complete: this.isComplete };
    const batch = { ...builder.batch(), events: this.events };
    this.groups = new Map();
    this.events = 0;
    this.isComplete = true;
    return batch;
  }
}

function newGroup(batch: Batch, row: number, { by, measures }: Plan): Group {
  const keys = by.map((column) => {
    const value = valueAt(batch.columns[column]!, row);
    return value instanceof Uint8Array ? value.slice() : value;
  });
  const values = measures.map(({ kind, column }): Group['values'][number] => {
    if (kind === 'quantile') return new Sketch();
    if (kind === 'sum') return batch.columns[column]!.kind === 'wide' ? 0n : 0;
    return valueAt(batch.columns[column]!, row) as number | bigint;
  });
  return { keys, count: 0, values };
}

function addTo(values: Group['values'], m: number, { kind }: Measure, column: Column, row: number): void {
  const value = valueAt(column, row) as number | bigint;
  const before = values[m]!;
  if (before instanceof Sketch) before.add(Number(value));
  else if (kind === 'sum') values[m] = ((before as bigint) + (value as bigint)) as bigint;
  else if (kind === 'min' ? value < before : value > before) values[m] = value;
}
