import { SkepError } from '@skep/core';
import {
  configSchema,
  configSql,
  createCatalog,
  type LoadedPackage,
  listPackages,
  loadAnyPackage,
  loadConfig,
  pluginsSql,
} from '@skep/runner';
import { createLog } from '../log.js';
import { createCommand, parseArgs } from '../usage.js';

/** The sink whose tables are shown when no file names one. */
const TABLE_SINK = 'clickhouse';

/**
 * `skep schema`: JSON Schema of the YAML, composed from the packages that are installed; with --sql the statements that
 * make the tables of a configuration, or of all plugins.
 */
export async function run(args: readonly string[]): Promise<number> {
  const command = createCommand('schema', 'JSON Schema of the configuration, for editors; or SQL of its tables')
    .argument('[file]', 'With --sql: the configuration; without one the tables of all plugins')
    .option('--sql', 'Print the statements that make the tables')
    .option('--server-version <version>', 'With --sql: for a server as old as this, such as 22.8');
  if (parseArgs(command, args)) return 0;
  const { sql = false, serverVersion } = command.opts<{ sql?: boolean; serverVersion?: string }>();
  const file = command.processedArgs[0] as string | undefined;
  if (!sql) {
    const extra = file ?? (serverVersion === undefined ? undefined : '--server-version');
    if (extra !== undefined) throw new SkepError('SKEP_USAGE', `"${extra}" goes with --sql only`);
    process.stdout.write(`${JSON.stringify(configSchema(await everyPackage()), undefined, 2)}\n`);
    return 0;
  }
  if (serverVersion !== undefined && !/^\d+\.\d+/.test(serverVersion)) {
    throw new SkepError('SKEP_USAGE', `"${serverVersion}" is not a version`, 'use one such as 22.8');
  }
  process.stdout.write(
    file === undefined ? await sqlOfPlugins(serverVersion) : await configSql(await loadConfig(file), serverVersion),
  );
  return 0;
}

async function sqlOfPlugins(version: string | undefined): Promise<string> {
  const plugins = (await everyPackage()).filter((one) => one.kind === 'plugin');
  return pluginsSql(plugins, await createCatalog(process.cwd()).sink(TABLE_SINK), version);
}

async function everyPackage(): Promise<LoadedPackage[]> {
  const here = process.cwd();
  const loaded: LoadedPackage[] = [];
  for (const found of listPackages([here])) {
    try {
      loaded.push(await loadAnyPackage(found, here));
    } catch (error) {
      createLog('warn').warn(`${found.package} is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return loaded;
}
