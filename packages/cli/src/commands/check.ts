import { checkPrograms, loadConfig } from '@skep/runner';
import { unreadNotes } from '../unread.js';
import { createCommand, parseArgs } from '../usage.js';

/** `skep check [FILE]`: every problem of the file at once; nothing is attached. */
export async function run(args: readonly string[]): Promise<number> {
  const command = createCommand('check', 'Report every mistake of a YAML file; attaches nothing').argument(
    '[file]',
    'Configuration',
    './skep.yaml',
  );
  if (parseArgs(command, args)) return 0;
  const config = await loadConfig(command.processedArgs[0] as string);
  const notes = await checkPrograms(config);
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
  const { plugins, processors, sinks } = config;
  const counts = [
    count(plugins.length, 'plugin'),
    ...(processors.length > 0 ? [count(processors.length, 'processor')] : []),
    count(sinks.length, 'sink'),
  ];
  process.stdout.write(`${config.file}: ${counts.join(', ')}, no mistakes\n`);
  for (const note of [...notes, ...unreadNotes(config)]) process.stderr.write(`skep: ${note}\n`);
  return 0;
}
