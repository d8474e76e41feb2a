import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { OptionValues } from '@skep/core';
import { type Catalog, createCatalog } from '../discovery/catalog.js';
import { buildTree } from './build-tree.js';
import type { CheckContext, CheckWhere } from './check-context.js';
import { checkFrame } from './check-frame.js';
import { checkOwned } from './check-owned.js';
import { checkPlugin } from './check-plugins.js';
import { checkProcessor } from './check-processors.js';
import { checkSink } from './check-sinks.js';
import { checkStreams } from './check-streams.js';
import type { AgentConfig, Config, PluginInstance, ProcessorInstance, SinkInstance } from './config.js';
import { Flow } from './flow.js';
import type { Sources } from './from.js';
import { checkOptions } from './options.js';
import { parseYaml } from './parse-yaml.js';
import { Problems } from './problems.js';
import { readConfigFile } from './read-file.js';
import { SourceText } from './source.js';
import type { Environment } from './substitute.js';
import { type Entry, nodeAt, spanAt, type TreeNode } from './tree.js';
import { createFindAccount, createFindUser, type FindAccount } from './users.js';
import { checkWhereByColumns } from './where.js';

/** The sink of a file that names none. */
const DEFAULT_SINK = { name: 'screen', use: 'stdout' } as const;

/** The surroundings of a check; everything has a default, and tests give their own. */
export interface ConfigOptions {
  /** Default: the packages seen from the file's folder. */
  readonly catalog?: Catalog;
  /** Default: `process.env`. */
  readonly environment?: Environment;
  /** Default: by /etc/passwd. */
  readonly findUser?: (name: string) => number | undefined;
  /** Default: by /etc/passwd. */
  readonly findAccount?: FindAccount;
  /** Default: by the columns of the plugins' objects. */
  readonly checkWhere?: CheckWhere;
}

/**
 * Read and check a configuration file. Only the packages it names are imported; nothing is attached or opened.
 *
 * @throws SkepErrors every mistake of the file, in its order, each with its place; SkepError SKEP_CONFIG when the file
 *   cannot be read.
 */
export async function loadConfig(file: string, options: ConfigOptions = {}): Promise<Config> {
  return parseConfig(await readConfigFile(file), file, options);
}

/**
 * Check the text of a configuration file; `file` names it in messages, and its folder is where relative paths start.
 *
 * @throws SkepErrors like `loadConfig`.
 */
export async function parseConfig(text: string, file: string, options: ConfigOptions = {}): Promise<Config> {
  const source = new SourceText(file, text);
  const problems = new Problems();
  const environment = options.environment ?? process.env;
  const document = parseYaml(source, problems);
  const root = document && buildTree(document, source, environment, problems);
  if (!root) problems.throwIfAny();
  const folder = resolve(dirname(file));
  const config = await check(root!, {
    source,
    problems,
    frame: checkFrame(root!, source, problems),
    catalog: options.catalog ?? createCatalog(folder),
    folder,
    environment,
    findUser: options.findUser ?? createFindUser(),
    findAccount: options.findAccount ?? createFindAccount(),
    checkWhere: options.checkWhere ?? checkWhereByColumns,
  });
  problems.throwIfAny();
  return config;
}

async function check(root: TreeNode, context: CheckContext): Promise<Config> {
  const { frame, folder, source, problems } = context;
  const pluginEntries = entriesOf(root, 'plugins');
  const sinkEntries = entriesOf(root, 'sinks');
  if (pluginEntries.length === 0 && !frame.isBroken(['plugins'])) noPlugins(root, context);
  const plugins: PluginInstance[] = [];
  for (const entry of pluginEntries) {
    const plugin = await checkPlugin(entry, context);
    if (plugin) plugins.push(plugin);
  }
  checkStreams(plugins, context);
  const names = pluginEntries.map((entry) => entry.key);
  const flow = new Flow(folder);
  const processors: ProcessorInstance[] = [];
  const processorEntries = entriesOf(root, 'processors');
  for (const plugin of plugins) await flow.addPlugin(plugin);
  for (const entry of processorEntries) {
    if (names.includes(entry.key)) takenName(entry, context);
    const processor = await checkProcessor(entry, sourcesOf(names, processors), flow, context);
    if (processor) processors.push(processor);
    names.push(entry.key);
  }
  const sources = sourcesOf(names, processors);
  const sinks: SinkInstance[] = [];
  for (const entry of sinkEntries) {
    const sink = await checkSink(entry, sources, plugins, flow, context);
    if (sink) sinks.push(sink);
  }
  checkOwned(sinks, flow, context);
  if (sinkEntries.length === 0 && problems.count === 0) {
    try {
      sinks.push(await defaultSink(sources.otherwise, context));
    } catch (error) {
      problems.addError(error, source.at(root.start));
    }
  }
  const agent = agentOf(root, context);
  return { version: 1, file: source.file, folder, agent, plugins, processors, sinks };
}

/** Without `from` an entry gets what no processor before it takes. */
function sourcesOf(names: readonly string[], processors: readonly ProcessorInstance[]): Sources {
  const taken = new Set(processors.flatMap(({ from }) => from));
  return { names, otherwise: names.filter((name) => !taken.has(name)) };
}

function takenName({ key, keyStart, keyEnd }: Entry, { source, problems }: CheckContext): void {
  const message = `a plugin is named "${key}" too`;
  problems.add('SKEP_CONFIG', source.at(keyStart, keyEnd), message, 'rename one of them');
}

function entriesOf(root: TreeNode, part: string): readonly Entry[] {
  const node = nodeAt(root, [part]);
  return node?.kind === 'map' ? [...node.entries.values()] : [];
}

function noPlugins(root: TreeNode, { source, problems }: CheckContext): void {
  const entry = root.kind === 'map' ? root.entries.get('plugins') : undefined;
  const place = entry ? source.at(entry.keyStart, entry.keyEnd) : source.at(root.start);
  problems.add('SKEP_CONFIG', place, 'no plugin is given', 'name at least one, such as "opens: opensnoop"');
}

async function defaultSink(names: readonly string[], context: CheckContext): Promise<SinkInstance> {
  const sink = await context.catalog.sink(DEFAULT_SINK.use);
  const scope = { ...context, owner: `sink ${sink.name}`, allowsSecrets: true };
  const { values, secrets } = checkOptions(undefined, sink.definition.options ?? {}, scope);
  return {
    name: DEFAULT_SINK.name,
    sink,
    options: values as OptionValues,
    secrets,
    from: names,
    getsEverything: true,
    where: undefined,
    location: context.source.at(0),
  };
}

function agentOf(root: TreeNode, { frame, source, problems, findAccount }: CheckContext): AgentConfig {
  const given = frame.isBroken(['agent']) ? undefined : frame.value.agent;
  const placeOf = (key: string) => source.at(...spanAt(root, ['agent', key]));
  const user = given?.user === undefined ? undefined : findAccount(given.user);
  if (given?.user !== undefined && !user) {
    const remedy = 'create it (useradd --system --no-create-home), or give a uid';
    problems.add('SKEP_CONFIG', placeOf('user'), `no user "${given.user}" on this machine`, remedy);
  }
  if (given?.user !== undefined && given.privileges === 'keep') {
    const message = 'another user with the privileges of this one is no protection';
    problems.add('SKEP_CONFIG', placeOf('privileges'), message, 'give agent.user or privileges: keep, not both');
  }
  return {
    name: given?.name ?? hostname(),
    metrics: given?.metrics,
    log: given?.log ?? 'info',
    user,
    privileges: given?.privileges ?? 'drop',
  };
}
