import { examine } from '@skep/runner/tool';
import { addFactFormat, isJson, printJson } from '../output.js';
import { createCommand, parseArgs } from '../usage.js';

/** `skep doctor`: what this machine has and lacks, with remedies; works without root. Exit 3 when tools cannot run. */
export async function run(args: readonly string[]): Promise<number> {
  const command = addFactFormat(
    createCommand('doctor', 'Kernel, BTF, privileges, libraries: what is missing, and the remedy'),
  );
  if (parseArgs(command, args)) return 0;
  const findings = await examine();
  if (isJson(command)) printJson(findings);
  else {
    const width = Math.max(...findings.map(({ name }) => name.length));
    for (const { state, name, text, remedy } of findings) {
      process.stdout.write(`${state.padEnd(8)} ${name.padEnd(width)}  ${text}\n`);
      if (remedy && state !== 'ok') process.stdout.write(`${' '.repeat(width + 11)}-> ${remedy}\n`);
    }
  }
  return findings.some(({ state }) => state === 'missing') ? 3 : 0;
}
