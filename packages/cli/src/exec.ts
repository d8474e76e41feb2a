import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { SkepError } from '@skep/core';

/** A command that waits to be traced. */
export interface TracedCommand {
  readonly pid: number;
  /** Let it begin. */
  begin(): void;
  /** Nobody traces it, or no longer: one that has not begun never will, one that has goes on by itself. */
  abandon(): void;
  /** Settles when it has ended. */
  readonly ended: Promise<void>;
}

/**
 * Start a command that does nothing until `begin()`: a shell waits for a line on descriptor 3, then becomes the
 * command, with the pid it already has. When skep ends before, the command never runs.
 */
export async function startCommand(command: readonly string[]): Promise<TracedCommand> {
  const script = 'read _ <&3 || exit 125; exec 3<&-; exec "$@"';
  const child = spawn('/bin/sh', ['-c', script, 'sh', ...command], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(new SkepError('SKEP_USAGE', `cannot run ${command[0]}: ${cause.message}`)));
  });
  const gate = child.stdio[3] as Writable;
  // A command that outlives the tracing keeps nobody waiting.
  child.unref();
  return { pid: child.pid!, begin: () => gate.end('\n'), abandon: () => gate.destroy(), ended };
}
