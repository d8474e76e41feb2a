import { watch } from 'node:fs';
import { formatError, parseDuration, SkepError } from '@skep/core';
import { AGENT, type Agent, type Config, KERNEL, loadConfig, serveMetrics, summaryLines, wire } from '@skep/runner';
import { createLog } from '../log.js';
import { onStopSignals } from '../signals.js';
import { createCommand, parseArgs } from '../usage.js';

/** Editors write a file in several steps: wait until it is quiet. */
const WATCH_QUIET_MS = 200;

/** `skep run [FILE] [--duration 10s] [--watch]`: the agent. */
export async function run(args: readonly string[]): Promise<number> {
  const command = createCommand('run', 'Run the plugins and sinks of a YAML file until Ctrl-C; SIGHUP reloads it')
    .argument('[file]', 'configuration', './skep.yaml')
    .option('--duration <TIME>', 'stop after this time: 10s, 1m')
    .option('--watch', 'reload when the file changes')
    .option('-v, --verbose', 'say what happens, with libbpf’s log');
  if (parseArgs(command, args)) return 0;
  const file = command.processedArgs[0] as string;
  const {
    duration,
    watch: watching,
    verbose,
  } = command.opts<{ duration?: string; watch?: boolean; verbose?: boolean }>();
  const durationMs = duration === undefined ? undefined : parseDuration(duration);
  if (duration !== undefined && !(durationMs !== undefined && durationMs > 0)) {
    throw new SkepError('SKEP_USAGE', `--duration: expected a time above 0 such as 10s, got "${duration}"`);
  }
  const config = await loadConfig(file);
  const log = createLog(verbose ? 'debug' : config.agent.log);
  const scope = wire(log, { onBrokenPipe: () => agent.stop() }, verbose);
  const agent: Agent = scope.resolve(AGENT);
  const release = onStopSignals(() => agent.stop());
  const reload = () => void reloadFrom(file, agent, log);
  const cleanUp: (() => void)[] = [release];
  try {
    await agent.start(config);
    log.info(started(config));
    process.on('SIGHUP', reload);
    cleanUp.push(() => process.off('SIGHUP', reload));
    if (watching) cleanUp.push(watchFile(file, reload));
    const { metrics } = config.agent;
    if (metrics) {
      const server = await serveMetrics(metrics.host, metrics.port, () => agent.account());
      cleanUp.push(() => server.close());
    }
    if (durationMs !== undefined) {
      const timer = setTimeout(() => agent.stop(), durationMs);
      cleanUp.push(() => clearTimeout(timer));
    }
    await agent.finished();
    for (const line of summaryLines(agent.account())) process.stderr.write(`skep: ${line}\n`);
    return 0;
  } catch (error) {
    agent.stop();
    throw error;
  } finally {
    for (const undo of cleanUp) undo();
    await scope.resolve(KERNEL).close();
  }
}

async function reloadFrom(file: string, agent: Agent, log: ReturnType<typeof createLog>): Promise<void> {
  try {
    const config = await loadConfig(file);
    await agent.reload(config);
    log.info(`reloaded ${file}: ${started(config)}`);
  } catch (error) {
    process.stderr.write(`${formatError(error)}\n`);
    log.error(`${file} was not taken; the old configuration goes on`);
  }
}

function watchFile(file: string, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(file, () => {
    clearTimeout(timer);
    timer = setTimeout(changed, WATCH_QUIET_MS);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}

function started(config: Config): string {
  const plugins = config.plugins.map(({ name }) => name).join(', ');
  const sinks = config.sinks.map(({ name }) => name).join(', ');
  return `${plugins} -> ${sinks}; Ctrl-C ends`;
}
