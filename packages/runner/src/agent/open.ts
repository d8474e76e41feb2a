import {
  type AnyPlugin,
  type Batch,
  BatchBuilder,
  type Log,
  type OptionsOf,
  type OptionValues,
  type Plugin,
  type Probe,
  parseOption,
  type RowOf,
  rowsOf,
  SkepError,
  suggest,
} from '@skep/core';
import { ObjectProbe, Poller, pluginSchemas, readPluginObject } from '@skep/libbpf';
import { SystemSymbolizer } from '@skep/symbols';
import { createFindUser } from '../config/users.js';
import { optionFilters, rowFilter } from './routes.js';

export interface OpenSettings {
  /** Milliseconds between snapshots, for histograms and tables. Default 1000. */
  readonly everyMs?: number;
  /** Ends the iteration: what is left is yielded, then it is done. */
  readonly signal?: AbortSignal;
  /** Default: nothing is logged. */
  readonly log?: Log;
  /** Helpers that change what is traced, which the plugin may call: see docs/security.md. */
  readonly allow?: readonly string[];
}

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
const LATENCY_MS = 50;

/**
 * The rows of a plugin as they come: `for await (const e of open(opensnoop, { failed: true })) ...`. Leaving the loop
 * detaches and frees everything. Times are nanoseconds since the epoch, 64-bit integers are bigint.
 *
 * @throws SkepError SKEP_OPTION for a wrong option, SKEP_PERMISSION, SKEP_ATTACH ... when the kernel refuses; at the
 *   first step of the iteration.
 */
export async function* open<P extends AnyPlugin>(
  plugin: P,
  options: OptionsOf<P> = {} as OptionsOf<P>,
  settings: OpenSettings = {},
): AsyncGenerator<RowOf<P>, void, void> {
  for await (const batch of openBatches(plugin, options, settings)) yield* rowsOf(batch) as RowOf<P>[];
}

/**
 * The batches of a plugin, column by column; the memory of one is valid until the next is asked for. What this yields
 * costs a tenth of the rows of `open`.
 */
export async function* openBatches<P extends AnyPlugin>(
  plugin: P,
  options: OptionsOf<P> = {} as OptionsOf<P>,
  { everyMs = 1000, signal, log = SILENT, allow = [] }: OpenSettings = {},
): AsyncGenerator<Batch, void, void> {
  const values = completeOptions(plugin, options as Readonly<Record<string, unknown>>);
  const file = readPluginObject(plugin);
  const path = plugin.object?.url.pathname ?? 'tracer';
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.bpf\.o$/, '');
  const poller = new Poller();
  const wake = () => poller.wake();
  signal?.addEventListener('abort', wake);
  const owner = { plugin: name, source: name };
  const common = {
    owner,
    options: values,
    everyMs,
    log,
    poller,
    symbolizer: new SystemSymbolizer(log),
    isForTable: false,
  };
  const probe: Probe = plugin.probe
    ? await plugin.probe({ ...common, schemas: pluginSchemas(owner, plugin, file.info, values) })
    : new ObjectProbe({ ...common, definition: plugin, file, allow });
  try {
    await probe.open();
    await probe.attach();
    const builders = probe.schemas.map((schema) => new BatchBuilder(schema));
    const keep = rowFilter(optionFilters(plugin, values));
    function* drain(): Generator<Batch> {
      for (const builder of builders) {
        while (probe.drain(builder) > 0) {
          yield keep(builder.batch());
          builder.reset();
        }
      }
    }
    while (!signal?.aborted && !probe.isDone) {
      await poller.wait(LATENCY_MS);
      yield* drain();
    }
    await probe.finish?.();
    yield* drain();
  } finally {
    signal?.removeEventListener('abort', wake);
    await probe.close();
    await poller.close();
  }
}

/** Given options checked, defaults for the rest. */
export function completeOptions(plugin: Plugin, given: Readonly<Record<string, unknown>>): OptionValues {
  const definitions = plugin.options ?? {};
  const values: Record<string, OptionValues[string]> = {};
  for (const [name, definition] of Object.entries(definitions))
    values[name] = definition.default as OptionValues[string];
  for (const [name, value] of Object.entries(given)) {
    const definition = definitions[name];
    if (!definition) {
      throw new SkepError('SKEP_OPTION', `unknown option "${name}"`, suggest(name, Object.keys(definitions)));
    }
    if (value !== undefined)
      values[name] = parseOption('the plugin', name, definition, value, createFindUser()) as OptionValues[string];
  }
  return values;
}
