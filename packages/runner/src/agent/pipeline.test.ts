import { type Batch, BatchBuilder, type Processor, type ProcessorDefinition, rowsOf, type Schema } from '@skep/core';
import { describe, expect, it } from 'vitest';
import type { PluginInstance, ProcessorInstance, SinkInstance } from '../config/config.js';
import { Pipeline } from './pipeline.js';
import { routesFor } from './routes.js';

const log = console;
const schema: Schema = {
  ...{ plugin: 'tool', source: 'opens', stream: 'opens', shape: 'events', keys: [], layout: { columns: [] } },
  fields: [{ name: 'n', type: 'u32', meaning: undefined, doc: '', size: 4, labels: undefined }],
};
const plugin = { name: 'opens', plugin: { definition: {} }, options: {} } as unknown as PluginInstance;

function batchOf(...numbers: number[]): Batch {
  const builder = new BatchBuilder(schema, numbers.length);
  for (const n of numbers) builder.push({ n });
  return builder.batch();
}

function processor(name: string, from: string[], create: ProcessorDefinition['create']): ProcessorInstance {
  return { name, from, options: {}, processor: { definition: { create } } } as unknown as ProcessorInstance;
}

/** Adds so much to every row, and says how often it was asked. */
function adder(calls: number[], by: number): ProcessorDefinition['create'] {
  return (input): Processor => ({
    schema: { ...input },
    process(batch) {
      calls.push(by);
      const builder = new BatchBuilder(this.schema, batch.rows);
      for (const { n } of rowsOf(batch)) builder.push({ n: Number(n) + by });
      return builder.batch();
    },
  });
}

/** Keeps rows until it is asked for the rest. */
const keeper: ProcessorDefinition['create'] = (input) => {
  let rows: unknown[] = [];
  const give = (): Batch => {
    const builder = new BatchBuilder(input, rows.length + 1);
    for (const row of rows.splice(0)) builder.push(row as { n: number });
    return { ...builder.batch(), events: builder.rows };
  };
  return {
    schema: input,
    process(batch) {
      rows = [...rows, ...rowsOf(batch)];
      return { schema: input, rows: 0, columns: [], lost: 0, events: 0 };
    },
    finish: give,
    held: () => rows.length,
  };
};

function sinkOf(name: string, from: string[]) {
  const seen: unknown[] = [];
  const instance = { name, from } as unknown as SinkInstance;
  const sink = {
    open: async () => {},
    flush: async () => {},
    close: async () => {},
    write: async (batch: Batch) => void seen.push(...rowsOf(batch)),
  };
  return { seen, open: { instance, sink } };
}

describe('a pipeline', () => {
  it('sends rows through chains and forks, each processor once for all behind it', () => {
    const calls: number[] = [];
    const processors = [
      processor('one', ['opens'], adder(calls, 1)),
      processor('ten', ['one'], adder(calls, 10)),
      processor('both', ['opens', 'ten'], adder(calls, 100)),
    ];
    const pipeline = new Pipeline(plugin, [schema], { processors, folder: '/' }, log);
    const sinks = [sinkOf('a', ['ten']), sinkOf('b', ['ten', 'opens']), sinkOf('c', ['both'])];
    const routes = routesFor(
      plugin,
      sinks.map(({ open }) => open),
      pipeline,
    );
    const batch = batchOf(0);
    const outcome = routes.map(({ sink, via, process }) => [
      via,
      sink,
      process!(batch).flatMap((one) => rowsOf(one))[0]!.n,
    ]);
    expect(outcome).toEqual([
      ['one -> ten', 'a', 11],
      ['one -> ten', 'b', 11],
      [undefined, 'b', 0],
      ['both', 'c', 100],
      ['one -> ten -> both', 'c', 111],
    ]);
    expect(calls).toEqual([1, 10, 100, 100]);
    expect(pipeline.schemasOf(['ten', 'opens'])).toHaveLength(2);
    expect(pipeline.endsOf('nowhere')).toEqual([]);
  });

  it('passes on what a processor gives by itself through those behind it, to all with one question', () => {
    const processors = [processor('keep', ['opens'], keeper), processor('one', ['keep'], adder([], 1))];
    const pipeline = new Pipeline(plugin, [schema], { processors, folder: '/' }, log);
    const [stage] = pipeline.endsOf('one');
    expect(stage!.process(batchOf(1, 2))[0]!.rows).toBe(0);
    expect(stage!.held(schema)).toBe(2);
    const question = { rest: true };
    const first = stage!.due(schema, question);
    expect(first.flatMap((one) => rowsOf(one))).toEqual([{ n: 2 }, { n: 3 }]);
    expect(stage!.due(schema, question)).toBe(first);
    expect(stage!.held(schema)).toBe(0);
  });

  it('takes processors over that a reload keeps, with what they hold', () => {
    const processors = [processor('keep', ['opens'], keeper), processor('other', ['opens'], keeper)];
    const before = new Pipeline(plugin, [schema], { processors, folder: '/' }, log);
    const after = new Pipeline(plugin, [schema], { processors, folder: '/' }, log, before, new Set(['keep']));
    expect(after.endsOf('keep')[0]).toBe(before.endsOf('keep')[0]);
    expect(after.endsOf('other')[0]).not.toBe(before.endsOf('other')[0]);
  });

  it('names the processor that throws', () => {
    const broken = processor('broken', ['opens'], (input) => ({
      schema: input,
      process() {
        throw new TypeError('cannot read x');
      },
    }));
    const pipeline = new Pipeline(plugin, [schema], { processors: [broken], folder: '/' }, log);
    expect(() => pipeline.endsOf('broken')[0]!.process(batchOf(1))).toThrow('processor broken failed: cannot read x');
  });
});
