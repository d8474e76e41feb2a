import { isSkepError } from '@skep/core';
import { type FeatureSet, NO_FEATURES, withoutFeatures } from '@skep/libbpf';
import { listPackages, loadPlugin } from './discovery/index.js';
import { compilerLacks, type Finding } from './doctor.js';
import { describeLive } from './explain.js';
import { predictPlugin } from './predict-plugin.js';

/**
 * What each plugin found would get on this kernel with its default options: the set it takes, or why there is none.
 *
 * Predicted from what the kernel says of itself, and so as for root: nothing of the plugins is loaded.
 */
export async function examineTools(folders: readonly string[], without: FeatureSet = NO_FEATURES): Promise<Finding[]> {
  const names = listPackages(folders)
    .filter(({ kind }) => kind === 'plugin')
    .map(({ name }) => name)
    .sort();
  const kernel = withoutFeatures(describeLive(), without);
  const findings: Finding[] = [];
  for (const name of names) {
    const common = { name, about: 'tool' as const };
    const warn = (text: string, remedy: string) => findings.push({ ...common, state: 'warning', text, remedy });
    try {
      const plugin = await loadPlugin(name, folders);
      const { probe, source } = plugin.definition;
      if (probe) {
        const lacking = source && compilerLacks();
        const text = 'what it attaches to depends on its options';
        if (lacking) warn(`cannot run: its program is compiled at run time, which needs ${lacking}`, 'see above');
        else findings.push({ ...common, state: 'ok', text, remedy: '' });
        continue;
      }
      const sets = predictPlugin(plugin, kernel);
      const at = sets.findIndex(({ verdict }) => verdict === 'possible');
      const chosen = sets[at];
      if (chosen) {
        const programs = chosen.programs.map((program) => program.name).join(' + ');
        const which = sets.length > 1 ? `set ${at + 1} of ${sets.length}: ` : '';
        findings.push({ ...common, state: 'ok', text: `${which}${programs}`, remedy: '' });
        continue;
      }
      const unsure = sets.find(({ verdict }) => verdict === 'unknown');
      const reasons = new Set((unsure ? [unsure] : sets).map(({ reason }) => reason.split('\n')[0]!));
      warn(`${unsure ? 'cannot be told' : 'cannot run'}: ${[...reasons].join('; ')}`, `see: skep explain ${name}`);
    } catch (error) {
      if (!isSkepError(error)) throw error;
      warn(error.message, error.remedy || 'install it again');
    }
  }
  return findings;
}
