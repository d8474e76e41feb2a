import type { Log, ProcessorContext, Schema, SinkCheckContext } from '@skep/core';
import type { PluginInstance, ProcessorInstance } from './config.js';
import { schemasOf } from './where.js';

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The streams that come out of each plugin and processor of a file, by name. Undefined where an object cannot be read:
 * then nothing behind it can be checked either.
 */
export class Flow {
  private readonly outputs = new Map<string, readonly Schema[] | undefined>();
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async addPlugin(instance: PluginInstance): Promise<void> {
    this.outputs.set(instance.name, await schemasOf(instance));
  }

  /** @throws SkepError what the processor says of its options for one of the streams. */
  addProcessor(instance: ProcessorInstance): void {
    const inputs = this.of(instance.from);
    const context: ProcessorContext = { name: instance.name, folder: this.folder, log: SILENT };
    const { definition } = instance.processor;
    // Known only once every stream has been asked: until then nothing behind it is checked.
    this.outputs.set(instance.name, undefined);
    const outputs = inputs?.map((schema) => definition.create(schema, instance.options, context)?.schema ?? schema);
    this.outputs.set(instance.name, outputs);
  }

  /** The streams of `names` together; undefined when some are not known. */
  of(names: readonly string[]): readonly Schema[] | undefined {
    const schemas: Schema[] = [];
    for (const name of names) {
      const own = this.outputs.get(name);
      if (!own) return undefined;
      schemas.push(...own);
    }
    return schemas;
  }

  /** What a sink that gets the rows of `names` can know of them before anything is loaded. */
  known(names: readonly string[]): Pick<SinkCheckContext, 'schemas' | 'areAllKnown'> {
    const schemas = names.flatMap((name) => this.outputs.get(name) ?? []);
    return { schemas, areAllKnown: names.length > 0 && names.every((name) => this.outputs.get(name) !== undefined) };
  }
}
