import { examine, examineTools, type Finding } from '@skep/runner/tool';
import { addFeatureFlag, readFeatures } from '../features.js';
import { addFactFormat, isJson, printJson } from '../output.js';
import { createCommand, parseArgs } from '../usage.js';

/** `skep doctor`: what this machine has and lacks, with remedies; works without root. Exit 3 when tools cannot run. */
export async function run(args: readonly string[]): Promise<number> {
  const command = addFeatureFlag(
    addFactFormat(
      createCommand('doctor', 'Kernel, BTF, privileges, libraries, tools: what is missing, and the remedy'),
    ),
  );
  if (parseArgs(command, args)) return 0;
  const machine = await examine();
  const tools = await examineTools([process.cwd()], readFeatures(command));
  const findings = [...machine, ...tools];
  if (isJson(command)) printJson(findings);
  else {
    printFindings(machine);
    if (tools.length > 0) process.stdout.write('\nWhat the tools get on this kernel, as root:\n');
    printFindings(tools);
  }
  return findings.some(({ state }) => state === 'missing') ? 3 : 0;
}

function printFindings(findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { state, name, text, remedy } of findings) {
    process.stdout.write(`${state.padEnd(8)} ${name.padEnd(width)}  ${text}\n`);
    if (remedy && state !== 'ok') process.stdout.write(`${' '.repeat(width + 11)}-> ${remedy}\n`);
  }
}
