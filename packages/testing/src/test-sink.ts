import type { Schema, Sink } from '@skep/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TextRow } from './json-rows.js';
import {
  batchOf,
  COUNTED,
  HOSTILE_TEXTS,
  HOSTILE_WIDE,
  OTHER,
  SNAPSHOT,
  scrambledBatch,
  TEXTS,
  WIDE,
} from './sink/batches.js';

/** A sink, and a way to look at where its rows went. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** All rows so far, in the order in which they lie there, each value as text (`jsonRows` makes them so). */
  rows(): TextRow[] | Promise<TextRow[]>;
  /** Everything so far as it was written, for sinks that write text: no control byte of an event may be in it. */
  text?(): string | Promise<string>;
  /** Called when the test is over, whatever came of it. */
  dispose?(): void | Promise<void>;
}

/** Longer than any sink needs for a few rows, on the busiest machine. */
const PATIENCE_MS = 30_000;

/**
 * Register what every sink owes as vitest tests, each with a sink of its own.
 *
 * Rows are looked at after `flush()`. The columns `n`, `text`, `wide`, `signed` are looked up by name; others may be
 * there (source, stream).
 */
export function testSink(create: () => SinkUnderTest | Promise<SinkUnderTest>): void {
  const opened = async (...schemas: Schema[]): Promise<SinkUnderTest> => {
    const under = await create();
    onTestFinished(async () => {
      await under.sink.close();
      await under.dispose?.();
    });
    await under.sink.open(schemas);
    return under;
  };
  const numbers = async ({ rows }: SinkUnderTest) => (await rows()).map((row) => Number(row.n));

  describe('every sink', () => {
    it('keeps rows in the order of the writes', async () => {
      const under = await opened(COUNTED);
      for (let i = 0; i < 20; i++) await under.sink.write(batchOf(COUNTED, countFrom(i * 50, 50)));
      await under.sink.flush();
      expect(await numbers(under)).toEqual(upTo(1000));
    });

    it('keeps writes that overlap whole and in order', async () => {
      const under = await opened(COUNTED);
      await Promise.all(upTo(20).map((i) => under.sink.write(batchOf(COUNTED, countFrom(i * 50, 50)))));
      await under.sink.flush();
      expect(await numbers(under)).toEqual(upTo(1000));
    });

    it('settles each write within seconds', { timeout: 2 * PATIENCE_MS }, async () => {
      const { sink } = await opened(COUNTED);
      const written = sink.write(batchOf(COUNTED, countFrom(0, 8192))).then(() => 'settled');
      expect(await Promise.race([written, after(PATIENCE_MS)])).toBe('settled');
    });

    it('needs nothing of a batch once its write has settled', async () => {
      const under = await opened(TEXTS);
      for (let i = 0; i < 5; i++) {
        const { batch, scramble } = scrambledBatch(TEXTS, [{ n: i, text: `text ${i}` }]);
        await under.sink.write(batch);
        scramble();
      }
      await under.sink.flush();
      expect((await under.rows()).map(({ text }) => text)).toEqual(upTo(5).map((i) => `text ${i}`));
    });

    it('leaves the memory of a batch as it is', async () => {
      const { sink } = await opened(WIDE);
      const batch = batchOf(WIDE, HOSTILE_WIDE);
      const before = structuredClone(batch.columns);
      await sink.write(batch);
      expect(batch.columns).toEqual(before);
    });

    it.each(HOSTILE_TEXTS)('keeps one row one row, whatever its text: %j', async (text) => {
      const under = await opened(TEXTS);
      await under.sink.write(
        batchOf(TEXTS, [
          { n: 1, text },
          { n: 2, text: 'end' },
        ]),
      );
      await under.sink.flush();
      const rows = await under.rows();
      expect(rows.map((row) => row.n)).toEqual(['1', '2']);
      if (typeof text === 'string') expect(rows[0]!.text).toBe(text);
      expect((await under.text?.()) ?? '').not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    });

    it('keeps 64-bit integers exact', async () => {
      const under = await opened(WIDE);
      await under.sink.write(batchOf(WIDE, HOSTILE_WIDE));
      await under.sink.flush();
      const seen = (await under.rows()).map(({ wide, signed }) => ({ wide, signed }));
      expect(seen).toEqual(HOSTILE_WIDE.map(({ wide, signed }) => ({ wide: String(wide), signed: String(signed) })));
    });

    it('takes batches without rows, and snapshots of nothing', async () => {
      const under = await opened(COUNTED, SNAPSHOT);
      const interval = { timeNs: 1_700_000_000_000_000_000n, intervalNs: 1_000_000_000n, complete: true };
      await under.sink.write(batchOf(COUNTED, []));
      await under.sink.write({ ...batchOf(SNAPSHOT, []), snapshot: interval });
      await under.sink.write({ ...batchOf(SNAPSHOT, [{ n: 7 }]), snapshot: { ...interval, complete: false } });
      await under.sink.flush();
      expect(await numbers(under)).toEqual([7]);
    });

    it('flushes when nothing was written, and more than once', async () => {
      const { sink } = await opened(COUNTED);
      await sink.flush();
      await sink.write(batchOf(COUNTED, countFrom(0, 1)));
      await sink.flush();
      await expect(sink.flush()).resolves.toBeUndefined();
    });

    it('has everything in its place once it is closed, and may be closed twice', async () => {
      const under = await opened(COUNTED);
      await under.sink.write(batchOf(COUNTED, countFrom(0, 10)));
      await under.sink.close();
      await under.sink.close();
      expect(await numbers(under)).toEqual(upTo(10));
    });

    it('goes on with other schemas when it is opened again', async () => {
      const under = await opened(COUNTED);
      await under.sink.write(batchOf(COUNTED, countFrom(0, 1)));
      await under.sink.open([COUNTED, OTHER]);
      await under.sink.write(batchOf(OTHER, countFrom(1, 1)));
      await under.sink.write(batchOf(COUNTED, countFrom(2, 1)));
      await under.sink.open([OTHER]);
      await under.sink.write(batchOf(OTHER, countFrom(3, 1)));
      await under.sink.flush();
      expect((await numbers(under)).sort()).toEqual(upTo(4));
    });
  });
}

function upTo(end: number): number[] {
  return Array.from({ length: end }, (_, i) => i);
}

function countFrom(first: number, rows: number): { n: number }[] {
  return upTo(rows).map((i) => ({ n: first + i }));
}

function after(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, ms, `not settled after ${ms} ms`).unref());
}
