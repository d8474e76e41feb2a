import { listPackages } from '@skep/runner/tool';
import { addFactFormat, isJson, printJson, printTable } from '../output.js';
import { createCommand, parseArgs } from '../usage.js';

/** `skep list`: the plugins and sinks found from here, without running their code. */
export async function run(args: readonly string[]): Promise<number> {
  const command = addFactFormat(createCommand('list', 'Plugins and sinks that can be used from this folder'));
  if (parseArgs(command, args)) return 0;
  const packages = [...listPackages([process.cwd()])].sort(
    (a, b) =>
      a.kind.localeCompare(b.kind) ||
      (a.category ?? '').localeCompare(b.category ?? '') ||
      a.name.localeCompare(b.name),
  );
  if (isJson(command)) printJson(packages);
  else {
    printTable([
      ['NAME', 'KIND', 'CATEGORY', 'VERSION', 'WHAT IT DOES'],
      ...packages.map((p) => [p.name, p.kind, p.category ?? '-', p.version, p.description]),
    ]);
  }
  return 0;
}
