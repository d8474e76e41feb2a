import type { Log, Schema } from '@skep/core';
import type { Config, PluginInstance } from '../config/config.js';
import { Stage } from './stage.js';

/** The processors of a configuration as the rows of one plugin pass them. */
export class Pipeline {
  private readonly plugin: string;
  private readonly schemas: readonly Schema[];
  private readonly stages = new Map<string, readonly Stage[]>();

  /**
   * `kept` says which processors are the same as those of `previous`: what such a one holds goes on in it.
   *
   * @throws SkepError SKEP_OPTION when the options of a processor make no sense for one of the streams.
   */
  constructor(
    plugin: PluginInstance,
    schemas: readonly Schema[],
    { processors, folder }: Pick<Config, 'processors' | 'folder'>,
    log: Log,
    previous?: Pipeline,
    kept: ReadonlySet<string> = new Set(),
  ) {
    this.plugin = plugin.name;
    this.schemas = schemas;
    for (const instance of processors) {
      const befores = instance.from.flatMap((name) => this.endsOf(name));
      const stages = befores.map((before) => {
        const old = kept.has(instance.name)
          ? previous?.stages.get(instance.name)?.find((stage) => stage.before === before)
          : undefined;
        return old ?? new Stage(instance, schemas, before, { name: instance.name, folder, log });
      });
      this.stages.set(instance.name, stages);
    }
  }

  /** Where the rows of this plugin leave `name`: stages, undefined for the plugin itself; none when they never come by. */
  endsOf(name: string): readonly (Stage | undefined)[] {
    return name === this.plugin ? [undefined] : (this.stages.get(name) ?? []);
  }

  /** The streams that come out of these plugins and processors. */
  schemasOf(names: readonly string[]): Schema[] {
    return names.flatMap((name) => this.endsOf(name)).flatMap((stage) => stage?.outputs ?? this.schemas);
  }
}
