import { exitCodeOf, formatError, isSkepError } from '@skep/core';

/** Commands by name; everything else is the name of a tool. Loaded only when used: start-up time is a feature. */
const COMMANDS: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<number> }>>> = {
  run: () => import('./commands/run.js'),
  check: () => import('./commands/check.js'),
  explain: () => import('./commands/explain.js'),
  list: () => import('./commands/list.js'),
  info: () => import('./commands/info.js'),
  doctor: () => import('./commands/doctor.js'),
  selftest: () => import('./commands/selftest.js'),
  schema: () => import('./commands/schema.js'),
};

/** The `skep` command. Sets the exit code: 0 done, 1 failed at run time, 2 usage or configuration, 3 kernel or privilege. */
export async function main(args: readonly string[]): Promise<void> {
  quietWhenReaderLeaves();
  try {
    process.exitCode = await dispatch(args);
  } catch (error) {
    process.stderr.write(`${formatError(error)}\n`);
    if (!isSkepError(error) && process.env.SKEP_DEBUG) process.stderr.write(`${(error as Error)?.stack ?? ''}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  const command = first === undefined ? undefined : COMMANDS[first];
  if (command) return (await command()).run(rest);
  if (first === undefined || first.startsWith('-') || first === 'help') {
    return (await import('./commands/help.js')).run(args);
  }
  return (await import('./tool.js')).runTool(first, rest);
}

/** `skep list | head -1`: a closed pipe is no fault. */
function quietWhenReaderLeaves(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
