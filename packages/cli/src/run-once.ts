import type { Log } from '@skep/core';
import type { FeatureSet } from '@skep/libbpf';
import { Agent, type Config, KernelHost, Privileges, shortSummary } from '@skep/runner/tool';
import type { TracedCommand } from './exec.js';
import { onStopSignals } from './signals.js';
import { leaveOutputToSinks } from './streams.js';

export interface RunOnceOptions {
  readonly config: Config;
  readonly log: Log;
  readonly debug: boolean;
  readonly without: FeatureSet;
  readonly isForTable: boolean;
  readonly snapshots: number | undefined;
  readonly onlyAtEnd: boolean;
  readonly durationMs: number | undefined;
  readonly traced?: TracedCommand;
}

/**
 * Run one tool until it ends by itself, by time, by the traced command's end, or by a signal; then say what was lost.
 * Quiet when whoever read the output has left; 1 when the output could not be written for another reason.
 */
export async function runOnce(options: RunOnceOptions): Promise<number> {
  const { config, log, debug, without, isForTable, snapshots, onlyAtEnd, durationMs, traced } = options;
  const host = new KernelHost(log, { debug, without, isForTable });
  let readerLeft = false;
  const onBrokenPipe = () => {
    readerLeft = true;
    agent.stop();
    return true;
  };
  const privileges = new Privileges(config.agent, log);
  const agent = new Agent(host, log, { snapshots, onlyAtEnd, onBrokenPipe, privileges });
  const release = onStopSignals(() => agent.stop());
  let timer: NodeJS.Timeout | undefined;
  leaveOutputToSinks();
  try {
    await agent.start(config);
    traced?.begin();
    void traced?.ended.then(() => agent.stop());
    if (durationMs !== undefined) timer = setTimeout(() => agent.stop(), durationMs);
    await agent.finished();
    if (readerLeft) return 0;
    const entries = agent.account();
    for (const line of shortSummary(entries)) process.stderr.write(`skep: ${line}\n`);
    return entries.some(({ sinkFailed }) => sinkFailed > 0n) ? 1 : 0;
  } finally {
    clearTimeout(timer);
    traced?.abandon();
    release();
    await host.close();
  }
}
