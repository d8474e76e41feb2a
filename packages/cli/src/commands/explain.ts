import { existsSync, statSync } from 'node:fs';
import { SkepError } from '@skep/core';
import { type FeatureSet, type KernelDescription, knownKernels, smallestSet, withoutFeatures } from '@skep/libbpf';
import {
  type AttachPlan,
  capabilitiesOf,
  createFindUser,
  type ExplainOptions,
  explainPlugin,
  grantLines,
  kernelNamed,
  listPackages,
  loadPlugin,
  modestSet,
  predictEverySet,
  privilegeLines,
  type SetPlan,
} from '@skep/runner/tool';
import { addFeatureFlag, readFeatures } from '../features.js';
import { addFactFormat, isJson, printJson } from '../output.js';
import { readToolOptions } from '../tool-options.js';
import { createCommand, parseArgs } from '../usage.js';

interface Flags {
  readonly kernel?: string;
  readonly all?: boolean;
  readonly verbose?: boolean;
}

/**
 * `skep explain [FILE | tool [its options]]`: per plugin which attach set this kernel takes, found by trying, and why not the others.
 * With `--kernel` the same for another kernel, predicted; with `--all` a line for every set of every tool.
 */
export async function run(args: readonly string[]): Promise<number> {
  const known = knownKernels().map(({ name }) => name);
  const command = addFeatureFlag(
    addFactFormat(
      createCommand('explain', 'What would be attached on this kernel or another, and why')
        .argument('[target]', 'A YAML file or a tool', './skep.yaml')
        .argument('[options...]', "The tool's own options and arguments")
        .allowUnknownOption()
        .option('--kernel <WHICH>', `Another kernel: Debian's ${known.join(', ')}, all of them, or a file with its BTF`)
        .option('--all', 'Every attach set of every tool, for --kernel')
        .option('-v, --verbose', "Also the kernel's own words, and where a prediction was wrong"),
    ),
  );
  if (parseArgs(command, args)) return 0;
  const flags = command.opts<Flags>();
  const without = readFeatures(command);
  const kernels = flags.kernel === undefined ? [] : flags.kernel === 'all' ? known : [flags.kernel];
  if (flags.all) return explainAll(kernels.length > 0 ? kernels : known, without, isJson(command));
  const requests: ExplainOptions[] =
    kernels.length > 0 ? kernels.map((name) => ({ kernel: kernelNamed(name), without })) : [{ without }];
  const [target, own] = command.processedArgs as [string, string[]];
  const plans: AttachPlan[] = [];
  for (const request of requests) plans.push(...(await explainTarget(target, own, request)));
  if (isJson(command)) printJson(plans);
  else {
    for (const plan of plans) process.stdout.write(describe(plan, flags.verbose === true));
    if (kernels.length === 0) process.stdout.write(describeGrant(plans));
  }
  return plans.every(({ sets }) => sets.some(({ possible }) => possible)) ? 0 : 3;
}

function isFile(target: string): boolean {
  if (existsSync(target)) return statSync(target).isFile();
  return /[./]/.test(target);
}

async function explainTarget(target: string, own: readonly string[], request: ExplainOptions): Promise<AttachPlan[]> {
  if (!isFile(target)) {
    const plugin = await loadPlugin(target, [process.cwd()]);
    const options = readToolOptions(plugin, own, createFindUser());
    return [await explainPlugin(plugin, { ...request, options })];
  }
  if (own[0] !== undefined) throw new SkepError('SKEP_USAGE', `a file takes no options, got "${own[0]}"`);
  const { explainProgram, loadConfig, predictProgram, sinksReached } = await import('@skep/runner');
  const config = await loadConfig(target);
  const plans: AttachPlan[] = [];
  for (const instance of config.plugins) {
    const { plugin, options, name: source } = instance;
    const sinks = sinksReached(config, source).map((name) => {
      return `${name} (${config.sinks.find((one) => one.name === name)!.sink.name})`;
    });
    const explainIt = () => (request.kernel ? predictProgram(instance, request.kernel) : explainProgram(instance));
    const plan =
      instance.program || plugin.definition.probe
        ? explainIt()
        : explainPlugin(plugin, { ...request, options, source });
    plans.push({ ...(await plan), sinks });
  }
  return plans;
}

/** How to run all of it without being root. */
function describeGrant(plans: readonly AttachPlan[]): string {
  const all = smallestSet(plans.flatMap(({ capabilities }) => capabilities));
  const lines = grantLines(all).map((line) => `  ${line}\n`);
  return `To run ${plans.length > 1 ? 'all of it ' : ''}as an ordinary user, with ${all.join(', ')}:\n${lines.join('')}`;
}

/** A line for every set, whatever its condition, on every kernel named. */
async function explainAll(kernels: readonly string[], without: FeatureSet, asJson: boolean): Promise<number> {
  const names = listPackages([process.cwd()])
    .filter(({ kind }) => kind === 'plugin')
    .map(({ name }) => name)
    .sort();
  const described: [string, KernelDescription][] = kernels.map((name) => [
    name,
    withoutFeatures(kernelNamed(name), without),
  ]);
  const plugins = await Promise.all(names.map((name) => loadPlugin(name, [process.cwd()])));
  const rows = described.flatMap(([name, kernel]) =>
    plugins.flatMap((plugin) => predictEverySet(plugin, name, kernel)),
  );
  if (asJson) printJson(rows);
  else {
    for (const { kernel, tool, set, verdict, reason } of rows) {
      const why = reason ? `: ${reason.replaceAll('\n', '; ')}` : '';
      process.stdout.write(`${kernel.padEnd(5)} ${verdict.padEnd(8)} ${tool} [${set.join(' + ')}]${why}\n`);
    }
  }
  return 0;
}

function describe({ source, plugin, kernel, sets, others, sinks }: AttachPlan, verbose: boolean): string {
  const chosen = sets.findIndex(({ possible }) => possible);
  const title = source === plugin ? plugin : `${source} (${plugin})`;
  const lines = [kernel === undefined ? title : `${title} on ${kernel}`];
  for (const [i, set] of sets.entries()) {
    const { programs, verdict, reason, remedy, note, said, predicted } = set;
    lines.push(...programLines(markOf(set, i === chosen), programs));
    const say = (text: string) => lines.push(`         ${text.replaceAll('\n', '\n         ')}`);
    if (reason) say(verdict === 'unknown' ? `not sure: ${reason}` : reason);
    if (verbose && said) say(`the kernel's answer: ${said}`);
    if (verbose && predicted) say(`predicted was otherwise: ${predicted}`);
    // Sets often fail for one reason: its remedy is said once.
    if (remedy && remedy !== sets[i + 1]?.remedy)
      lines.push(`         -> ${remedy.replaceAll('\n', '\n            ')}`);
    if (note) lines.push(`         ${note}`);
  }
  for (const { programs, when, verdict, reason } of others) {
    const answer = verdict === 'possible' ? '' : `: ${verdict === 'refused' ? 'cannot' : 'not sure'}, ${reason}`;
    lines.push(...programLines('-', programs), `         only with ${when}${answer.replaceAll('\n', '\n         ')}`);
  }
  lines.push(...needLines(sets, chosen));
  if (sinks) lines.push(`  to     ${sinks.join(', ') || 'no sink'}`);
  return `${lines.join('\n')}\n`;
}

function markOf({ possible, verdict }: SetPlan, isChosen: boolean): string {
  if (possible) return isChosen ? 'takes' : 'could';
  return verdict === 'unknown' ? 'may' : 'cannot';
}

function programLines(mark: string, programs: SetPlan['programs']): string[] {
  return programs.map(({ name, section }, n) => {
    const where = section === '' ? '' : ` (${section})`;
    return `  ${(n === 0 ? mark : '').padEnd(6)} ${name}${where}`;
  });
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
