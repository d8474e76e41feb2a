import { type FeatureSet, NO_FEATURES, parseFeatures } from '@skep/libbpf';
import type { Command } from 'commander';

const HELP = 'Take this kernel not to have these features: fentry,kprobe (docs/cli.md lists them)';

/** `--no-feature fentry,kprobe`: fallbacks can be tried on a kernel that would not need them. */
export function addFeatureFlag(command: Command): Command {
  return command.option('--no-feature <LIST>', HELP, (text: string, before: unknown) =>
    typeof before === 'string' ? `${before},${text}` : text,
  );
}

/** @throws SkepError SKEP_USAGE with the nearest valid name. */
export function readFeatures(command: Command): FeatureSet {
  // Without the flag commander says `true`, as for every flag that begins with --no.
  const { feature } = command.opts<{ feature: string | true }>();
  return typeof feature === 'string' ? parseFeatures(feature) : NO_FEATURES;
}
