import { SkepError } from '@skep/core';
import { examine, listPackages, loadPlugin, runSelfTests, type SelfTestResult } from '@skep/runner/tool';
import { addFeatureFlag, readFeatures } from '../features.js';
import { createLog } from '../log.js';
import { addFactFormat, isJson, jsonList } from '../output.js';
import { createCommand, parseArgs } from '../usage.js';

interface Flags {
  readonly attach: string;
  readonly all?: boolean;
  readonly allow?: string;
  readonly cost?: boolean;
  readonly verbose?: boolean;
}

/** `skep selftest [tool...]`: each plugin's own workload on this kernel, and whether it was seen. */
export async function run(args: readonly string[]): Promise<number> {
  const command = addFeatureFlag(
    addFactFormat(
      createCommand('selftest', "Run plugins' own tests on this kernel")
        .argument('[tool...]', 'Names of plugins')
        .option('--all', 'Every plugin found')
        .option('--attach <WHICH>', 'best: the set this kernel takes first; all: every set', 'best')
        .option('--cost', 'Instructions that the verifier processed, per program')
        .option('--allow <HELPERS>', 'BPF helpers by which they may change what they watch')
        .option('-v, --verbose', 'Say what happens, with libbpf’s log'),
    ),
  );
  if (parseArgs(command, args)) return 0;
  const { attach, all, allow: allowed, cost = false, verbose } = command.opts<Flags>();
  if (attach !== 'best' && attach !== 'all') {
    throw new SkepError('SKEP_USAGE', `--attach: expected best or all, got "${attach}"`);
  }
  const without = readFeatures(command);
  const allow = allowed?.split(',') ?? [];
  const folders = [process.cwd()];
  const found = listPackages(folders).filter(({ kind }) => kind === 'plugin');
  const names = command.args.length > 0 ? command.args : all ? found.map(({ name }) => name).sort() : [];
  if (names.length === 0)
    throw new SkepError('SKEP_USAGE', 'which tools?', 'skep selftest opensnoop, or skep selftest --all');
  const plugins = await Promise.all(names.map((name) => loadPlugin(name, folders)));
  await requireMachine();
  const log = createLog(verbose ? 'debug' : 'error');
  const results: SelfTestResult[] = [];
  // One at a time also as JSON: of a machine that does not survive a test, what came before is known.
  const list = isJson(command) ? jsonList() : undefined;
  for (const plugin of plugins) {
    for await (const result of runSelfTests(plugin, { everySet: attach === 'all', cost, log, allow, without })) {
      results.push(result);
      if (list) list.add(result);
      else process.stdout.write(`${describe(result)}\n`);
    }
  }
  const count = (outcome: SelfTestResult['outcome']) => results.filter((result) => result.outcome === outcome).length;
  if (list) list.end();
  else process.stdout.write(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped\n`);
  return count('failed') > 0 ? 1 : 0;
}

/** What no tool can run without is said once, not as one failure of every tool. */
async function requireMachine(): Promise<void> {
  const lacking = (await examine()).find(({ state }) => state === 'missing');
  if (!lacking) return;
  const { name, text, remedy, code } = lacking;
  throw new SkepError(code ?? 'SKEP_ATTACH', `no tool can run here: ${name}: ${text}`, remedy);
}

function describe({ plugin, test, set, outcome, reason, seconds, programs = [] }: SelfTestResult): string {
  const name = test === plugin ? plugin : `${plugin}: ${test}`;
  const via = set.length > 0 ? ` [${set.join(' + ')}]` : '';
  const why = reason ? `: ${reason.replaceAll('\n', '\n    ')}` : '';
  const costs = programs.map(
    ({ name, section, insns }) => `\n    ${name} (${section}): ${insns} instructions verified`,
  );
  return `${outcome.padEnd(7)} ${name}${via} ${seconds.toFixed(1)} s${why}${costs.join('')}`;
}
