import { existsSync, statSync } from 'node:fs';
import { smallestSet } from '@skep/libbpf';
import {
  type AttachPlan,
  capabilitiesOf,
  explainPlugin,
  grantLines,
  loadPlugin,
  modestSet,
  privilegeLines,
  type SetPlan,
} from '@skep/runner/tool';
import { addFactFormat, isJson, printJson } from '../output.js';
import { createCommand, parseArgs } from '../usage.js';

/** `skep explain [FILE | tool]`: per plugin which attach set this kernel takes, found by trying, and why not the others. */
export async function run(args: readonly string[]): Promise<number> {
  const command = addFactFormat(
    createCommand('explain', 'What would be attached on this kernel, and why').argument(
      '[target]',
      'A YAML file or a tool',
      './skep.yaml',
    ),
  );
  if (parseArgs(command, args)) return 0;
  const target = command.processedArgs[0] as string;
  const plans = isFile(target)
    ? await explainFile(target)
    : [await explainPlugin(await loadPlugin(target, [process.cwd()]))];
  if (isJson(command)) printJson(plans);
  else process.stdout.write(`${plans.map(describe).join('')}${describeGrant(plans)}`);
  return plans.every(({ sets }) => sets.some(({ possible }) => possible)) ? 0 : 3;
}

function isFile(target: string): boolean {
  return /[./]/.test(target) || (existsSync(target) && statSync(target).isFile());
}

async function explainFile(file: string): Promise<AttachPlan[]> {
  const { explainProgram, loadConfig, sinksReached } = await import('@skep/runner');
  const config = await loadConfig(file);
  const plans: AttachPlan[] = [];
  for (const instance of config.plugins) {
    const sinks = sinksReached(config, instance.name).map((name) => {
      return `${name} (${config.sinks.find((one) => one.name === name)!.sink.name})`;
    });
    const plan = instance.program
      ? await explainProgram(instance)
      : await explainPlugin(instance.plugin, instance.options, instance.name);
    plans.push({ ...plan, sinks });
  }
  return plans;
}

/** How to run all of it without being root. */
function describeGrant(plans: readonly AttachPlan[]): string {
  const all = smallestSet(plans.flatMap(({ capabilities }) => capabilities));
  const lines = grantLines(all).map((line) => `  ${line}\n`);
  return `To run ${plans.length > 1 ? 'all of it ' : ''}as an ordinary user, with ${all.join(', ')}:\n${lines.join('')}`;
}

function describe({ source, plugin, sets, sinks }: AttachPlan): string {
  const chosen = sets.findIndex(({ possible }) => possible);
  const lines = [source === plugin ? plugin : `${source} (${plugin})`];
  for (const [i, { programs, possible, reason, remedy, note }] of sets.entries()) {
    const mark = i === chosen ? 'takes' : possible ? 'could' : 'cannot';
    for (const [n, { name, section }] of programs.entries()) {
      lines.push(`  ${(n === 0 ? mark : '').padEnd(6)} ${name}${section === '' ? '' : ` (${section})`}`);
    }
    if (reason) lines.push(`         ${reason.replaceAll('\n', '\n         ')}`);
    // Sets often fail for one reason: its remedy is said once.
    if (remedy && remedy !== sets[i + 1]?.remedy)
      lines.push(`         -> ${remedy.replaceAll('\n', '\n            ')}`);
    if (note) lines.push(`         ${note}`);
  }
  lines.push(...needLines(sets, chosen));
  if (sinks) lines.push(`  to     ${sinks.join(', ') || 'no sink'}`);
  return `${lines.join('\n')}\n`;
}

/** What an ordinary user needs: for the set that needs least, and for the best one where that is another. */
function needLines(sets: AttachPlan['sets'], chosen: number): string[] {
  const modest = modestSet(sets);
  const best = sets[chosen] ?? modest;
  const lines = privilegeLines(modest.privileges);
  const names = ({ programs }: SetPlan) => programs.map(({ name }) => name).join(', ');
  if (modest !== best) {
    lines.push(
      `with these ${names(modest)} is attached; ${names(best)} needs ${capabilitiesOf(best.privileges).join(', ')}`,
    );
  }
  return lines.map((text, i) => `  ${i === 0 ? 'needs' : '     '}  ${text}`);
}
