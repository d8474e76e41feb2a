import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
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
 *
 * Settles when the shell is waiting: what it did to begin, such as opening its libraries, is not to be seen.
 */
export async function startCommand(command: readonly string[]): Promise<TracedCommand> {
  const script = 'echo >&3; read _ <&3 || exit 125; exec 3<&-; exec "$@"';
  const child = spawn('/bin/sh', ['-c', script, 'sh', ...command], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const gate = child.stdio[3] as Socket;
  await new Promise<void>((resolve, reject) => {
    gate.once('data', () => resolve());
    child.once('exit', () => resolve());
    child.once('error', (cause) => reject(new SkepError('SKEP_USAGE', `cannot run ${command[0]}: ${cause.message}`)));
  });
  gate.pause();
  // A command that outlives the tracing keeps nobody waiting.
  gate.unref();
  child.unref();
  return { pid: child.pid!, begin: () => gate.end('\n'), abandon: () => gate.destroy(), ended };
}
