import { SkepError, suggest } from '@skep/core';
import type { ProgramKind } from './program-kind.js';

/** Something of a kernel that tools have to do without on others, and that can be turned off to try what they do then. */
export interface Feature {
  readonly name: string;
  readonly title: string;
  /** Linux version that brought it. */
  readonly since: string;
  /** Programs that cannot be attached without it. */
  readonly kind?: ProgramKind;
  /** `enum bpf_map_type` of maps that cannot be created without it. */
  readonly map?: string;
  /** Helpers that it stands for, by the names of their enumerators. */
  readonly helpers?: readonly string[];
}

export const FEATURES: readonly Feature[] = [
  { name: 'tracepoint', title: 'tracepoint programs', since: '4.7', kind: 'tracepoint' },
  { name: 'raw_tp', title: 'raw tracepoint programs', since: '4.17', kind: 'raw_tp' },
  { name: 'tp_btf', title: 'tracepoint programs with typed arguments', since: '5.5', kind: 'tp_btf' },
  { name: 'fentry', title: 'fentry and fexit programs', since: '5.5', kind: 'fentry' },
  { name: 'kprobe', title: 'kprobe and kretprobe programs', since: '4.1', kind: 'kprobe' },
  { name: 'kprobe_multi', title: 'one kprobe program for many functions', since: '5.18', kind: 'kprobe_multi' },
  { name: 'uprobe', title: 'uprobe and uretprobe programs', since: '4.1', kind: 'uprobe' },
  { name: 'usdt', title: 'user-space static probes', since: '4.1', kind: 'usdt' },
  { name: 'perf_event', title: 'programs on performance counters and clocks', since: '4.9', kind: 'perf_event' },
  { name: 'iter', title: 'iterator programs', since: '5.8', kind: 'iter' },
  { name: 'lsm', title: 'programs on security hooks', since: '5.7', kind: 'lsm' },
  { name: 'ringbuf', title: 'ring buffers', since: '5.8', map: 'BPF_MAP_TYPE_RINGBUF' },
  {
    name: 'btf_task',
    title: 'helpers that hand out the current task and its registers with their types',
    since: '5.15',
    helpers: ['BPF_FUNC_get_current_task_btf', 'BPF_FUNC_task_pt_regs'],
  },
];

export type FeatureSet = ReadonlySet<string>;

export const NO_FEATURES: FeatureSet = new Set();

/**
 * Names out of `fentry,kprobe`.
 *
 * @throws SkepError SKEP_USAGE with the nearest valid name.
 */
export function parseFeatures(text: string): FeatureSet {
  const known = FEATURES.map(({ name }) => name);
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!known.includes(name)) {
      throw new SkepError('SKEP_USAGE', `--no-feature: unknown feature "${name}"`, suggest(name, known));
    }
  }
  return new Set(names);
}

export function featureOfKind(kind: ProgramKind): Feature | undefined {
  return FEATURES.find((feature) => feature.kind === kind);
}
