import { knownKernels, NO_FEATURES, parseFeatures, withoutFeatures } from '@skep/libbpf';
import { kernelNamed, type LoadedPlugin, predictPlugin } from '@skep/runner/tool';

/** What a plugin must attach by on a kernel that is not this one. */
export interface PlanTest {
  /** One of those that skep knows (`5.10`, `6.1`, `6.12`, `sid`), or a file with a kernel's BTF. */
  readonly kernel: string;
  /** Features that it is taken not to have, as for `--no-feature`: `fentry`, `kprobe`, `tp_btf`. */
  readonly without?: readonly string[];
  /** Programs of the first set that it would take; empty when it takes none. */
  readonly takes: readonly string[];
}

/** Names of the kernels that plans can be made for without a file. */
export const KERNELS: readonly string[] = knownKernels().map(({ name }) => name);

/**
 * The programs of the set that the kernel would take, with the plugin's default options; by the kernel's types and
 * tracepoints alone, so that any machine gives the same answer.
 *
 * @throws SkepError SKEP_USAGE for a kernel or feature that is not known.
 */
export function plannedSet(plugin: LoadedPlugin, { kernel, without = [] }: Omit<PlanTest, 'takes'>): readonly string[] {
  const description = withoutFeatures(
    kernelNamed(kernel),
    without.length > 0 ? parseFeatures(without.join(',')) : NO_FEATURES,
  );
  const taken = predictPlugin(plugin, description).find(({ verdict }) => verdict === 'possible');
  return taken?.programs.map(({ name }) => name) ?? [];
}
