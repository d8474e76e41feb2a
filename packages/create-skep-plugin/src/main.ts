import { parseArgs } from 'node:util';
import { exitCodeOf, formatError, SkepError, suggest } from '@skep/core';
import { createPackage } from './create-package.js';
import { KINDS, type Kind } from './kinds.js';

const USAGE = `npm create skep-plugin NAME -- [--kind KIND] [--folder FOLDER]

Kinds (default: events):
${Object.entries(KINDS)
  .map(([kind, { description }]) => `  ${kind.padEnd(10)} ${description}`)
  .join('\n')}
`;

/** `npm create skep-plugin NAME`. Sets the exit code: 0 done, 1 failed, 2 usage. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    run(args);
  } catch (error) {
    process.stderr.write(`${formatError(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

function run(args: readonly string[]): void {
  const { values, positionals } = parse(args);
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const [name, extra] = positionals;
  if (name === undefined || extra !== undefined) {
    throw new SkepError('SKEP_USAGE', name === undefined ? 'which name?' : 'one name at a time', USAGE.split('\n')[0]);
  }
  const kind = kindOf(values.kind);
  const request = { kind, name: name.replace(/^skep-(plugin|sink|processor)-/, ''), cwd: process.cwd() };
  const { folder, files, next } = createPackage({ ...request, folder: values.folder, category: values.category });
  process.stdout.write(`${folder}: ${files.join(', ')}\n\n${next.map((line) => `  ${line}\n`).join('')}`);
}

function kindOf(kind: string): Kind {
  if (Object.hasOwn(KINDS, kind)) return kind as Kind;
  throw new SkepError('SKEP_USAGE', `there is no kind "${kind}"`, suggest(kind, Object.keys(KINDS)));
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        kind: { type: 'string', default: 'events' },
        folder: { type: 'string' },
        category: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new SkepError('SKEP_USAGE', (error as Error).message.split('.')[0]!, USAGE.split('\n')[0]);
  }
}
