import {
  type Batch,
  type DueQuestion,
  gather,
  type Holder,
  type Processor,
  type ProcessorContext,
  type Schema,
} from '@skep/core';
import type { ProcessorInstance } from '../config/config.js';
import { fenced } from './fault.js';

/**
 * A processor of the file at work on the streams of one plugin, behind others or first. Several sinks may be fed by it:
 * each batch is processed once.
 */
export class Stage implements Holder {
  readonly instance: ProcessorInstance;
  readonly before: Stage | undefined;
  /** What comes out, in the order of the plugin's streams. */
  readonly outputs: readonly Schema[];
  private readonly roots: readonly Schema[];
  /** By the schema of what goes in; a stream without one passes. */
  private readonly processors = new Map<Schema, Processor | undefined>();
  private last: { readonly input: Batch; readonly output: readonly Batch[] } | undefined;
  private answer:
    | { readonly question: DueQuestion; readonly schema: Schema; readonly output: readonly Batch[] }
    | undefined;

  /** @throws SkepError SKEP_OPTION when the options make no sense for one of the streams. */
  constructor(
    instance: ProcessorInstance,
    roots: readonly Schema[],
    before: Stage | undefined,
    context: ProcessorContext,
  ) {
    this.instance = instance;
    this.before = before;
    this.roots = roots;
    const { definition } = instance.processor;
    this.outputs = (before?.outputs ?? roots).map((schema) => {
      const processor = this.fenced(() => definition.create(schema, instance.options, context));
      this.processors.set(schema, processor);
      return processor?.schema ?? schema;
    });
  }

  /** Names of the processors up to this one: `safe -> busy`. */
  get path(): string {
    return this.before ? `${this.before.path} -> ${this.instance.name}` : this.instance.name;
  }

  process(batch: Batch): readonly Batch[] {
    if (this.last?.input === batch) return this.last.output;
    const inputs = this.before ? this.before.process(batch) : [batch];
    const output = this.stepAll(inputs);
    this.last = { input: batch, output };
    return output;
  }

  due(root: Schema, question: DueQuestion): readonly Batch[] {
    const { answer } = this;
    if (answer?.question === question && answer.schema === root) return answer.output;
    const output = [...this.stepAll(this.before?.due(root, question) ?? [])];
    const processor = this.processorOf(root);
    const own = this.fenced(() => (question.rest ? processor?.finish?.() : processor?.due?.()));
    if (own) output.splice(0, output.length, ...output.map(copied), own);
    this.answer = { question, schema: root, output };
    return output;
  }

  held(root: Schema): number {
    return (this.before?.held(root) ?? 0) + (this.processorOf(root)?.held?.() ?? 0);
  }

  private processorOf(root: Schema): Processor | undefined {
    const index = this.roots.indexOf(root);
    return this.processors.get((this.before?.outputs ?? this.roots)[index]!);
  }

  /** A processor may use its memory again at its next call: all but its last batch are copied. */
  private stepAll(batches: readonly Batch[]): readonly Batch[] {
    return batches.map((batch, i) => {
      const output = this.step(batch);
      return i < batches.length - 1 ? copied(output) : output;
    });
  }

  private step(batch: Batch): Batch {
    const processor = this.processors.get(batch.schema);
    return processor ? this.fenced(() => processor.process(batch)) : batch;
  }

  /** What a processor throws is named after it. */
  private fenced<T>(run: () => T): T {
    return fenced(`processor ${this.instance.name}`, run);
  }
}

function copied(batch: Batch): Batch {
  const rows = Uint32Array.from({ length: batch.rows }, (_, r) => r);
  return { ...batch, columns: batch.columns.map((column) => gather(column, rows)) };
}
