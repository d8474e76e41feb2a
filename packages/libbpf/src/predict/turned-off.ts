import { SkepError } from '@skep/core';
import type { ResolvedSet } from '../attach-sets.js';
import type { ObjectInfo } from '../btf/index.js';
import { type FeatureSet, featureOfKind } from './features.js';
import { mapTypes } from './map-types.js';
import { attachPoint } from './program-kind.js';
import { turnedOff } from './without.js';

/** `enum bpf_map_type` */
export const RINGBUF = 27;

/** The set without its optional programs of kinds that are turned off. */
export function withoutOptional(set: ResolvedSet, info: ObjectInfo, without: FeatureSet): ResolvedSet {
  const programs = set.programs.filter(
    (name) => !set.optional.has(name) || offFeature(info, name, without) === undefined,
  );
  // Nothing would be left to refuse: the first one says why.
  return { ...set, programs: programs.length > 0 ? programs : set.programs };
}

/** @throws SkepError SKEP_ATTACH when the set needs what is turned off. */
export function refuseTurnedOff(set: ResolvedSet, info: ObjectInfo, without: FeatureSet): void {
  for (const name of set.programs) {
    const feature = offFeature(info, name, without);
    if (feature) throw new SkepError('SKEP_ATTACH', `${name} needs ${feature.title}: ${turnedOff(feature.name)}`);
  }
  const ring = [...mapTypes(info.btf)].find(([, type]) => type === RINGBUF);
  if (ring && without.has('ringbuf')) {
    throw new SkepError('SKEP_ATTACH', `map ${ring[0]} needs ring buffers: ${turnedOff('ringbuf')}`);
  }
}

function offFeature(info: ObjectInfo, program: string, without: FeatureSet) {
  const section = info.programs.find(({ name }) => name === program)?.section ?? '';
  const feature = featureOfKind(attachPoint(section).kind);
  return feature && without.has(feature.name) ? feature : undefined;
}
