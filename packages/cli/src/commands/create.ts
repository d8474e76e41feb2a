import { SkepError, suggest } from '@skep/core';
import { createPackage, KINDS, type Kind, PLUGIN_KINDS } from 'create-skep-plugin';
import { createCommand, parseArgs } from '../usage.js';

const WHAT = ['plugin', 'sink', 'processor'];

interface Flags {
  readonly kind: string;
  readonly folder?: string;
  readonly category?: string;
}

/** `skep create plugin|sink|processor NAME`: a package that builds, passes its tests and runs as it is. */
export async function run(args: readonly string[]): Promise<number> {
  const kinds = PLUGIN_KINDS.map((kind) => `${kind} (${KINDS[kind].description})`).join(', ');
  const command = createCommand('create', 'Make a package of your own, ready to build')
    .argument('<what>', WHAT.join(', '))
    .argument('<name>', 'Short name: skep-plugin-NAME becomes its package')
    .option('--kind <KIND>', `Of a plugin: ${kinds}`, 'events')
    .option('--folder <FOLDER>', 'Where it is made; default: named like the package')
    .option('--category <NAME>', 'Of a tool in the workspace of skep: the folder below plugins/');
  if (parseArgs(command, args)) return 0;
  const [what = '', name = ''] = command.args;
  const { kind, folder, category } = command.opts<Flags>();
  if (!WHAT.includes(what)) throw new SkepError('SKEP_USAGE', `cannot create a "${what}"`, suggest(what, WHAT));
  const created = createPackage({ kind: kindOf(what, kind), name, cwd: process.cwd(), folder, category });
  process.stdout.write(`${created.folder}: ${created.files.join(', ')}\n\n`);
  for (const line of created.next) process.stdout.write(`  ${line}\n`);
  return 0;
}

function kindOf(what: string, kind: string): Kind {
  if (what !== 'plugin') return what as Kind;
  if ((PLUGIN_KINDS as readonly string[]).includes(kind)) return kind as Kind;
  throw new SkepError('SKEP_USAGE', `there is no kind "${kind}" of plugins`, suggest(kind, PLUGIN_KINDS));
}
