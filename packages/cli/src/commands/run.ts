import { type BigIntStats, statSync } from 'node:fs';
import type { FeatureSet } from '@skep/libbpf';
import {
  AGENT,
  type Agent,
  type Config,
  diffConfig,
  KERNEL,
  loadConfig,
  MetricsServer,
  metricsText,
  Privileges,
  Strays,
  summaryLines,
  wire,
} from '@skep/runner';
import { addFeatureFlag, readFeatures } from '../features.js';
import { createLog } from '../log.js';
import { printError, reportError } from '../report.js';
import { onStopSignals } from '../signals.js';
import { leaveOutputToSinks } from '../streams.js';
import { hasHungUp } from '../terminal.js';
import { readDuration } from '../timer.js';
import { unreadNotes } from '../unread.js';
import { createCommand, parseArgs } from '../usage.js';

/** Looking at the file, not waiting for events of its inode: editors and configuration tools replace it by another. */
const WATCH_MS = 125;

/** `skep run [FILE] [--duration 10s] [--watch]`: the agent. */
export async function run(args: readonly string[]): Promise<number> {
  const command = addFeatureFlag(
    createCommand('run', 'Run the plugins and sinks of a YAML file until Ctrl-C; SIGHUP reloads it')
      .argument('[file]', 'Configuration', './skep.yaml')
      .option('--duration <TIME>', 'Stop after this time: 10s, 1m')
      .option('--watch', 'Reload when the file changes')
      .option('-v, --verbose', 'Say what happens, with libbpf’s log'),
  );
  if (parseArgs(command, args)) return 0;
  const file = command.processedArgs[0] as string;
  const { duration, watch, verbose } = command.opts<{ duration?: string; watch?: boolean; verbose?: boolean }>();
  const durationMs = readDuration('--duration', duration);
  const without = readFeatures(command);
  return runAgent({ file, durationMs, watching: watch === true, verbose: verbose === true, without });
}

interface RunSettings {
  readonly file: string;
  readonly durationMs: number | undefined;
  readonly watching: boolean;
  readonly verbose: boolean;
  readonly without: FeatureSet;
}

async function runAgent({ file, durationMs, watching, verbose, without }: RunSettings): Promise<number> {
  // Before it is read: a change from here on is seen.
  const seen = stateOf(file);
  let config = await loadConfig(file);
  const log = createLog(verbose ? 'debug' : config.agent.log);
  let readerLeft = false;
  const onBrokenPipe = (sink: string): boolean => {
    // Whoever reads a FIFO may come back; whoever read standard output does not.
    readerLeft = config.sinks.some((instance) => instance.name === sink && instance.sink.name === 'stdout');
    if (readerLeft) agent.stop();
    return readerLeft;
  };
  const privileges = new Privileges(config.agent, log);
  const scope = wire(log, { onBrokenPipe, privileges }, { debug: verbose, without });
  const agent: Agent = scope.resolve(AGENT);
  // Another name is taken over at the next start, here as in a store.
  const { name } = config.agent;
  const metrics = new MetricsServer(() => metricsText(agent.account(), name));
  const reload = oneAtATime(async () => {
    try {
      const next = await loadConfig(file);
      const undo = await metrics.listen(next.agent.metrics);
      await agent.reload(next).catch(async (error: unknown) => {
        await undo();
        throw error;
      });
      for (const key of diffConfig(config, next).agent) {
        if (key !== 'metrics') log.warn(`agent.${key} is taken over at the next start`);
      }
      config = next;
      for (const note of unreadNotes(config)) log.warn(note);
      log.info(`reloaded ${file}: ${composition(config)}`);
    } catch (error) {
      printError(error);
      log.error(`${file} was not taken; the old configuration goes on`);
    }
  });
  let isStarted = false;
  let reloadAfterStart = false;
  const onHangUp = (): void => {
    if (hasHungUp()) agent.stop();
    else if (isStarted) reload();
    else reloadAfterStart = true;
  };
  const strays = new Strays(log);
  const onStray = (error: Error): void => {
    if (strays.take(error, config)) return;
    reportError(error);
    process.exit();
  };
  process.on('uncaughtException', onStray);
  const cleanUp: (() => void)[] = [onStopSignals(() => agent.stop()), () => process.off('uncaughtException', onStray)];
  leaveOutputToSinks();
  try {
    await metrics.listen(config.agent.metrics);
    process.on('SIGHUP', onHangUp);
    cleanUp.push(() => process.off('SIGHUP', onHangUp));
    await agent.start(config);
    for (const note of unreadNotes(config)) log.warn(note);
    log.info(`${composition(config)}; Ctrl-C ends`);
    isStarted = true;
    if (reloadAfterStart) reload();
    if (watching) cleanUp.push(watchFor(file, seen, reload));
    if (durationMs !== undefined) {
      const timer = setTimeout(() => agent.stop(), durationMs);
      cleanUp.push(() => clearTimeout(timer));
    }
    try {
      await agent.finished();
    } finally {
      const lines = readerLeft ? [] : [...summaryLines(agent.account()), ...strays.lines()];
      for (const line of lines) process.stderr.write(`skep: ${line}\n`);
    }
    return 0;
  } finally {
    for (const undo of cleanUp) undo();
    await metrics.close();
    await scope.resolve(KERNEL).close();
  }
}

/** `work`, never twice at a time: requests that come meanwhile become one more run after it. */
function oneAtATime(work: () => Promise<void>): () => void {
  let wanted = false;
  let running = false;
  return () => {
    wanted = true;
    if (running) return;
    running = true;
    void (async () => {
      while (wanted) {
        wanted = false;
        await work();
      }
      running = false;
    })();
  };
}

/**
 * Call `changed` whenever the file is another than it was, the first time compared with `seen`. Two looks must find it the
 * same: one at a file that is being written may find a part of it.
 */
function watchFor(file: string, seen: BigIntStats | undefined, changed: () => void): () => void {
  let taken = seen;
  let before = seen;
  const timer = setInterval(() => {
    const now = stateOf(file);
    const isSettled = isSame(now, before);
    before = now;
    // Gone for the moment in which another takes its place.
    if (!now || !isSettled || isSame(now, taken)) return;
    taken = now;
    changed();
  }, WATCH_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function isSame(a: BigIntStats | undefined, b: BigIntStats | undefined): boolean {
  return a?.mtimeNs === b?.mtimeNs && a?.ino === b?.ino && a?.size === b?.size;
}

/** Undefined when it is not there or cannot be looked at: whoever reads it says why. */
function stateOf(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true });
  } catch {
    return undefined;
  }
}

function composition(config: Config): string {
  const plugins = config.plugins.map(({ name }) => name).join(', ');
  const sinks = config.sinks.map(({ name }) => name).join(', ');
  return `${plugins} -> ${sinks}`;
}
