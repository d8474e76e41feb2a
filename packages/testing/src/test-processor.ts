import { type Batch, gather, type Processor, rowsOf, type Schema } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { batchOf, COUNTED, HOSTILE_TEXTS, HOSTILE_WIDE, SNAPSHOT, TEXTS, WIDE } from './sink/batches.js';

/** Make the processor for a stream; undefined when it lets the stream pass unchanged. */
export type CreateProcessor = (input: Schema) => Processor | undefined;

/**
 * Register what every processor owes as vitest tests, each with a processor of its own.
 *
 * Streams with the columns `n`, `text`, `wide` and `signed` are offered; `create` answers for each as the definition's
 * own `create` would.
 */
export function testProcessor(create: CreateProcessor): void {
  const inputs: readonly (readonly [string, Batch])[] = [
    [
      'numbers',
      batchOf(
        COUNTED,
        upTo(500).map((n) => ({ n })),
      ),
    ],
    [
      'hostile texts',
      batchOf(
        TEXTS,
        HOSTILE_TEXTS.map((text, n) => ({ n, text })),
      ),
    ],
    ['integers of 64 bits', batchOf(WIDE, HOSTILE_WIDE)],
    [
      'a snapshot',
      batchOf(
        SNAPSHOT,
        upTo(20).map((n) => ({ n })),
      ),
    ],
    ['no rows', batchOf(COUNTED, [])],
  ];

  describe.each(inputs)('every processor, given %s,', (_, batch) => {
    it('gives batches of its schema, and leaves what it got as it was', () => {
      const processor = create(batch.schema);
      if (!processor) return;
      const before = rowsOf(copied(batch));
      for (const output of everything(processor, [batch])) {
        expect(output.schema).toBe(processor.schema);
        expect(output.columns.length).toBe(output.rows === 0 ? output.columns.length : processor.schema.fields.length);
        expect(rowsOf(output)).toHaveLength(output.rows);
      }
      expect(rowsOf(batch)).toEqual(before);
    });

    it('accounts for every event, and holds none at the end', () => {
      const processor = create(batch.schema);
      if (!processor || batch.snapshot) return;
      let given = 0;
      for (let i = 0; i < 3; i++) {
        const output = processor.process(batch);
        const events = output.events ?? output.rows;
        given += events;
        expect(given + (processor.held?.() ?? 0)).toBeLessThanOrEqual((i + 1) * batch.rows);
      }
      const held = processor.held?.() ?? 0;
      const rest = processor.finish?.();
      expect(rest ? (rest.events ?? rest.rows) : 0).toBe(held);
      expect(processor.held?.() ?? 0).toBe(0);
      expect(processor.finish?.()?.rows ?? 0).toBe(0);
    });

    it('gives memory that stays until it is asked again', () => {
      const processor = create(batch.schema);
      if (!processor) return;
      const output = processor.process(batch);
      const seen = rowsOf(copied(output));
      create(batch.schema)!.process(batch);
      expect(rowsOf(output)).toEqual(seen);
    });
  });

  it('keeps rows in their order', () => {
    const processor = create(COUNTED);
    if (processor?.schema.shape !== 'events' || processor.schema.fields[0]?.name !== 'n') return;
    const batches = upTo(5).map((b) =>
      batchOf(
        COUNTED,
        upTo(100).map((n) => ({ n: b * 100 + n })),
      ),
    );
    const numbers = everything(processor, batches).flatMap((output) => rowsOf(output).map(({ n }) => Number(n)));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });
}

/** All that comes out, copied: a processor may use its memory again. */
function everything(processor: Processor, batches: readonly Batch[]): Batch[] {
  const outputs = batches.map((batch) => copied(processor.process(batch)));
  const due = processor.due?.();
  if (due) outputs.push(copied(due));
  const rest = processor.finish?.();
  if (rest) outputs.push(copied(rest));
  return outputs;
}

function copied(batch: Batch): Batch {
  const rows = Uint32Array.from(upTo(batch.rows));
  return { ...batch, columns: batch.columns.map((column) => gather(column, rows)) };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
