import { pluginSchemas } from '@skep/libbpf/btf';
import type { Check, PluginUnderTest } from './plugin-under-test.js';
import { sampleValues } from './sample-options.js';

/** BPF_OBJ_NAME_LEN is 16, its NUL included: longer names are cut, and two maps may then look the same. */
const LONGEST_NAME = 15;

/** Attach sets name programs that exist, and every program belongs to one. */
export const programProblems: Check = ({ definition, info }) => {
  if (definition.probe) return [];
  const sets = definition.attach.map((set) => ('programs' in set ? set.programs : set));
  const named = new Set(sets.flat().map((name) => name.replace(/\?$/, '')));
  const existing = new Set(info.programs.map(({ name }) => name));
  return [
    ...(sets.length === 0 ? ['there is no attach set'] : []),
    ...sets.filter((set) => set.length === 0).map(() => 'an attach set is empty'),
    ...[...named].filter((name) => !existing.has(name)).map((name) => `the object has no program "${name}"`),
    ...[...existing].filter((name) => !named.has(name)).map((name) => `no attach set uses program "${name}"`),
  ];
};

/** Streams name rings and snapshots that exist, none is left without a reader, and table columns exist. */
export const streamProblems: Check = (plugin) => {
  const { definition, info } = plugin;
  const read = new Set(
    Object.values(definition.streams).flatMap((s) => ('ring' in s ? [s.ring] : 'snapshot' in s ? [s.snapshot] : [])),
  );
  const unread = [...info.rings.keys(), ...info.snapshots.keys()].filter((name) => !read.has(name));
  return [
    ...new Set(sampleValues(plugin.options).flatMap((values) => planProblems(plugin, values))),
    ...unread.map((name) => `no stream reads "${name}"`),
  ];
};

/** Every stream is planned whether these options ask for it or not. */
function planProblems(
  { tool, definition, info }: PluginUnderTest,
  values: ReturnType<typeof sampleValues>[number],
): string[] {
  return Object.entries(definition.streams).flatMap(([name, { when: _, ...stream }]) => {
    const one = { ...definition, streams: { [name]: stream } } as typeof definition;
    try {
      pluginSchemas({ plugin: tool, source: tool }, one, info, values);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
}

/** Names of maps reach the kernel whole. */
export const mapProblems: Check = ({ info }) =>
  info.maps
    // Those of libbpf's usdt.bpf.h are told apart by their first 15 characters.
    .filter((name) => name.length > LONGEST_NAME && !name.startsWith('__bpf_'))
    .map((name) => `map ${name} has ${name.length} characters, at most ${LONGEST_NAME} reach the kernel`);
