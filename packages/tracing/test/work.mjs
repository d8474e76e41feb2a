import { execFileSync, spawn } from 'node:child_process';

/** The program of work.c, made for this machine. */
export const WORK = '/tmp/skepwork';

export function buildWork() {
  const flags = ['-O1', '-fno-builtin', '-fno-omit-frame-pointer', '-pthread', '-Wl,--build-id'];
  execFileSync('clang', [...flags, '-o', WORK, 'packages/tracing/test/work.c']);
}

/**
 * A process of it that waits for `go()`, which settles when it has made its calls.
 *
 * @param through a command that becomes it
 */
export async function startWork(...through) {
  const [program, ...args] = [...through, WORK];
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] });
  const said = (text) =>
    new Promise((resolve) => {
      const look = (data) => String(data).includes(text) && resolve();
      child.stdio[3].on('data', look);
    });
  await said('ready');
  return {
    pid: child.pid,
    async go() {
      const done = said('done');
      child.stdin.write('go\n');
      await done;
    },
    end: () => child.stdin.end(),
  };
}
