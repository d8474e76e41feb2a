import { existsSync, statSync } from 'node:fs';
import { type AttachPlan, explainPlugin, loadPlugin } from '@skep/runner/tool';
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
  else for (const plan of plans) process.stdout.write(describe(plan));
  return plans.every(({ sets }) => sets.some(({ possible }) => possible)) ? 0 : 3;
}

function isFile(target: string): boolean {
  return /[./]/.test(target) || (existsSync(target) && statSync(target).isFile());
}

async function explainFile(file: string): Promise<AttachPlan[]> {
  const { loadConfig, sinksReached } = await import('@skep/runner');
  const config = await loadConfig(file);
  const plans: AttachPlan[] = [];
  for (const instance of config.plugins) {
    const sinks = sinksReached(config, instance.name).map((name) => {
      return `${name} (${config.sinks.find((one) => one.name === name)!.sink.name})`;
    });
    plans.push({ ...(await explainPlugin(instance.plugin, instance.options, instance.name)), sinks });
  }
  return plans;
}

function describe({ source, plugin, sets, capabilities, sinks }: AttachPlan): string {
  const chosen = sets.findIndex(({ possible }) => possible);
  const lines = [source === plugin ? plugin : `${source} (${plugin})`];
  for (const [i, { programs, possible, reason, remedy, note }] of sets.entries()) {
    const mark = i === chosen ? 'takes' : possible ? 'could' : 'cannot';
    for (const [n, { name, section }] of programs.entries()) {
      lines.push(`  ${(n === 0 ? mark : '').padEnd(6)} ${name} (${section})`);
    }
    if (reason) lines.push(`         ${reason.replaceAll('\n', '\n         ')}`);
    // Sets often fail for one reason: its remedy is said once.
    if (remedy && remedy !== sets[i + 1]?.remedy)
      lines.push(`         -> ${remedy.replaceAll('\n', '\n            ')}`);
    if (note) lines.push(`         ${note}`);
  }
  lines.push(`  needs  ${capabilities.join(', ')}`);
  if (sinks) lines.push(`  to     ${sinks.join(', ') || 'no sink'}`);
  return `${lines.join('\n')}\n`;
}
