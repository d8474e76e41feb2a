import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SkepError } from '@skep/core';
import { createCommand, parseArgs } from '../usage.js';
import { replay } from './replay.js';

const INTRODUCTION = `This is a recording of what tools of skep saw on a small machine, replayed as it happened: programs that
were executed, files opened, TCP sessions, disk latency and the run queue. Nothing of this machine is
traced, and nothing is stored. Ctrl-C ends.

`;

const OUTLOOK = `
That was skep replay. The same on this machine, as root:

  skep execsnoop                 programs as they are executed
  skep opensnoop -x              opens that fail
  skep biolatency 1 5            a histogram of disk latency each second
  skep run FILE                  several tools at once, to terminals, files and a database
  skep list                      all tools
`;

/** `skep demo`: a recording that comes with skep. */
export async function run(args: readonly string[]): Promise<number> {
  const command = createCommand(
    'demo',
    'Show what skep does with a recording that comes with it; needs no root',
  ).option('--speed <FACTOR>', 'How fast: 1x is as it happened', '1x');
  if (parseArgs(command, args)) return 0;
  const { speed } = command.opts<{ speed: string }>();
  const factor = Number(/^(\d+(?:\.\d+)?)x?$/.exec(speed)?.[1]);
  if (!(factor > 0)) throw new SkepError('SKEP_USAGE', `--speed: expected a factor such as 2x, got "${speed}"`);
  const path = fileURLToPath(new URL('../../demo/demo.skeprec', import.meta.url));
  if (!existsSync(path)) throw new SkepError('SKEP_RECORDING', `${path} is missing`, 'install @skep/cli again');
  process.stderr.write(INTRODUCTION);
  const code = await replay(path, factor, { output: 'table', headers: true });
  process.stderr.write(OUTLOOK);
  return code;
}
