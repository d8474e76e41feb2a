import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/**
 * A child that the kernel kills when this process is gone, however it ends: a test runner ends a worker that hangs by a
 * signal, and no handler of ours runs then. `setpriv` becomes the program, so the child's pid is the program's.
 */
export function spawnTied(command: readonly string[], options: SpawnOptions): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], options);
}
