import { everyAttachSet } from '@skep/libbpf';
import { listPackages, loadPlugin } from '@skep/runner/tool';
import type { DeclaredSet } from './rows.js';

/**
 * The attach sets of these tools, best first, or of every tool the workspace has. A tool with a probe of its own, which
 * attaches what its options say, has an empty one.
 *
 * @throws SkepError SKEP_PLUGIN_NOT_FOUND naming the nearest tool.
 */
export async function declaredSets(workspace: string, tools: readonly string[]): Promise<DeclaredSet[]> {
  const all = () => listPackages([workspace]).filter(({ kind }) => kind === 'plugin');
  const names = tools.length > 0 ? tools : all().map(({ name }) => name);
  const sets: DeclaredSet[] = [];
  for (const name of [...new Set(names)].sort()) {
    const { definition } = await loadPlugin(name, [workspace]);
    if (definition.probe) sets.push({ tool: name, set: [] });
    else sets.push(...everyAttachSet(definition).map(({ programs }) => ({ tool: name, set: programs })));
  }
  return sets;
}
