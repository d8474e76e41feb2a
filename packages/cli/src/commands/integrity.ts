import { SkepError } from '@skep/core';
import { findPackage, integrityOf, type PackageInfo, type PackageKind } from '@skep/runner/tool';
import { createCommand, parseArgs } from '../usage.js';

const KINDS: readonly PackageKind[] = ['plugin', 'sink', 'processor'];

/** `skep integrity <name>`: what to pin a package by, without running its code. */
export async function run(args: readonly string[]): Promise<number> {
  const command = createCommand('integrity', 'Print what to pin a package by in the YAML')
    .argument('<name>', 'Short name, name or path of a plugin, sink or processor')
    .option('--kind <KIND>', `When a name fits several: ${KINDS.join(', ')}`);
  if (parseArgs(command, args)) return 0;
  const [name = ''] = command.args;
  const { kind } = command.opts<{ kind?: string }>();
  const kinds = kind === undefined ? KINDS : KINDS.filter((one) => one === kind);
  const found = kinds.flatMap((one) => findPackage(one, name, [process.cwd()]) ?? []);
  const folders = new Set(found.map(({ folder }) => folder));
  if (folders.size === 0)
    throw new SkepError('SKEP_PLUGIN_NOT_FOUND', `no package "${name}"`, 'skep list shows what there is');
  if (folders.size > 1) throw new SkepError('SKEP_USAGE', `"${name}" fits ${namesOf(found)}`, 'say which: --kind sink');
  process.stdout.write(`integrity: ${integrityOf(found[0]!.folder)}\n`);
  return 0;
}

function namesOf(found: readonly PackageInfo[]): string {
  return found.map((one) => one.package).join(' and ');
}
