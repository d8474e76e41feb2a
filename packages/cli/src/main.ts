import { reportError } from './report.js';
import { guardStreams } from './streams.js';

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
  query: () => import('./commands/query.js'),
  record: () => import('./commands/record.js'),
  replay: () => import('./commands/replay.js'),
  demo: () => import('./commands/demo.js'),
  create: () => import('./commands/create.js'),
  dev: () => import('./commands/dev.js'),
  build: () => import('./commands/build.js'),
};

/** The `skep` command. Sets the exit code: 0 done, 1 failed at run time, 2 usage or configuration, 3 kernel or privilege. */
export async function main(args: readonly string[]): Promise<void> {
  guardStreams();
  try {
    process.exitCode = await dispatch(args);
  } catch (error) {
    reportError(error);
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === 'help' && rest[0] !== undefined) return dispatch([rest[0], '--help']);
  const command = first !== undefined && Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (command) return (await command()).run(rest);
  if (first === undefined || first.startsWith('-') || first === 'help') {
    return (await import('./commands/help.js')).run(args);
  }
  return (await import('./tool.js')).runTool(first, rest);
}
