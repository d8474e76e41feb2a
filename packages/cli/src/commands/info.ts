import { endsTool, SkepError } from '@skep/core';
import {
  describePlugin,
  findPackage,
  loadPlugin,
  notFound,
  type PackageInfo,
  packageIntegrity,
} from '@skep/runner/tool';
import { addFactFormat, isJson, printJson, printTable } from '../output.js';
import { createCommand, parseArgs } from '../usage.js';

/** `skep info <tool>`: streams, columns, options, attach sets; read from the object, nothing is attached. */
export async function run(args: readonly string[]): Promise<number> {
  const command = addFactFormat(
    createCommand('info', 'Streams, columns, options and attach sets of a plugin').argument(
      '<tool>',
      'Name of the plugin',
    ),
  ).option('--integrity', 'Print what pins the package, a sink or processor too, and stop; none of its code runs');
  if (parseArgs(command, args)) return 0;
  const [tool] = command.args;
  if (tool === undefined) throw new SkepError('SKEP_USAGE', 'which tool?', 'skep info opensnoop');
  if (command.opts<{ integrity?: boolean }>().integrity) {
    process.stdout.write(`${packageIntegrity(packageNamed(tool))}\n`);
    return 0;
  }
  const facts = describePlugin(await loadPlugin(tool, [process.cwd()]));
  if (isJson(command)) {
    printJson(facts);
    return 0;
  }
  process.stdout.write(`${facts.name} ${facts.version}: ${facts.description}\n`);
  for (const stream of facts.streams) {
    process.stdout.write(`\nStream ${stream.name} (${stream.shape})${stream.doc ? `: ${stream.doc}` : ''}\n`);
    printTable([
      ['  COLUMN', 'TYPE', 'MEANING', ''],
      ...stream.columns.map((c) => [`  ${c.name}`, c.type, c.meaning || '-', c.doc]),
    ]);
  }
  if (facts.options.length > 0) {
    process.stdout.write('\nOptions\n');
    printTable([
      ['  FLAG', 'IN YAML', 'TYPE', 'DEFAULT', ''],
      ...facts.options.map((o) => [`  ${o.flags}`, endsTool(o) ? '-' : o.name, o.kind, o.default || '-', o.help]),
    ]);
  }
  process.stdout.write('\nAttach sets, best first\n');
  for (const [i, set] of facts.attach.entries()) {
    printTable(set.programs.map((program, n) => [n === 0 ? `  ${i + 1}.` : '    ', program.name, program.section]));
    if (set.when) process.stdout.write(`      with ${set.when}\n`);
    if (set.note) process.stdout.write(`      ${set.note}\n`);
  }
  return 0;
}

function packageNamed(name: string): PackageInfo {
  const folders = [process.cwd()];
  const kinds = ['plugin', 'sink', 'processor'] as const;
  const found = kinds.map((kind) => findPackage(kind, name, folders)).find((info) => info !== undefined);
  if (!found) throw notFound('plugin', name, folders);
  return found;
}
