import { resolve } from 'node:path';
import { type BuildResult, buildPackage, type KernelVerdict } from '@skep/build';
import { printTable } from '../output.js';
import { createCommand, parseArgs } from '../usage.js';

/** `skep build [DIR]`: compile, check and document a plugin, sink or processor package. */
export async function run(args: readonly string[]): Promise<number> {
  const command = createCommand('build', 'Compile, check and document a plugin, sink or processor package').argument(
    '[folder]',
    'Of the package',
    '.',
  );
  if (parseArgs(command, args)) return 0;
  printResult(await buildPackage(resolve(command.processedArgs[0] as string)));
  return 0;
}

function printResult({ info, compiled, kernels, warnings, hasNewReadme }: BuildResult): void {
  process.stdout.write(`${info.package} ${info.version}\n`);
  printTable([
    ...compiled.map(({ source, objects }) => [`  ${source}`, Object.values(objects).join(', ')]),
    ...kernelRows(kernels),
    ...(hasNewReadme ? [['  README.md', 'has new tables']] : []),
  ]);
  for (const warning of warnings) process.stderr.write(`skep: warning: ${warning}\n`);
}

/** Kernels with one answer share a line. */
function kernelRows(kernels: readonly KernelVerdict[]): string[][] {
  const answers = new Map<string, string[]>();
  for (const verdict of kernels) {
    const answer = answerOf(verdict);
    answers.set(answer, [...(answers.get(answer) ?? []), verdict.kernel]);
  }
  return [...answers].map(([answer, names]) => [`  Debian ${names.join(', ')}`, answer]);
}

function answerOf({ verdict, programs, reason }: KernelVerdict): string {
  const why = reason.split('\n')[0] ?? '';
  if (verdict === 'refused') return `cannot: ${why}`;
  return `${verdict === 'possible' ? 'takes' : 'may take'} ${programs.join(', ')}${why === '' ? '' : ` (${why})`}`;
}
