import { definePlugin, type ObjectTypes, objectFile, option } from '@skep/core';
import { layoutOf } from '@skep/testing';
import type { PluginUnderTest } from './plugin-under-test.js';

const definition = definePlugin({
  object: objectFile<ObjectTypes>(new URL('file:///nowhere/tool.bpf.o')),
  attach: [['enter', 'leave?']],
  streams: { rows: { ring: 'events', table: ['pid', { field: 'size', when: 'sizes' }] } },
  options: {
    failed: option.boolean('Only failures', { flags: '-x, --failed' }),
    sizes: option.boolean('Sizes too', { flags: '-s, --sizes' }),
  },
  selftest: { workload: () => undefined, expect: () => true },
});

const variable = {
  name: 'opt_failed',
  section: '.rodata',
  offset: 0,
  size: 1,
  type: 1,
  initial: Uint8Array.of(0),
};

/** A plugin with nothing wrong, for the tests of the checks; each changes one thing. */
export const sound: PluginUnderTest = {
  // Its package.json is not read: only the file that "exports" names must exist, and this folder has one.
  folder: new URL('..', import.meta.url).pathname,
  tool: 'tool',
  manifest: {
    name: '@skep/plugin-tool',
    version: '0.1.0',
    description: 'what the tool shows',
    license: 'Apache-2.0',
    type: 'module',
    exports: './index.ts',
    files: ['dist', 'src/*.bpf.c'],
    peerDependencies: { '@skep/core': '0.1.0' },
  },
  definition: definition as unknown as PluginUnderTest['definition'],
  options: definition.options!,
  info: {
    btf: { types: [{ kind: 'void' }, { kind: 'int', name: '_Bool', size: 1, signed: false, bool: true }] },
    programs: [
      { name: 'enter', section: 'tracepoint/a/b' },
      { name: 'leave', section: 'tracepoint/a/c' },
    ],
    maps: ['events', 'exactly_15_long'],
    rings: new Map([['events', layoutOf([{ name: 'pid' }, { name: 'size', doc: 'bytes' }])]]),
    snapshots: new Map(),
    variables: new Map([
      [variable.name, variable],
      ['opt_pid', { ...variable, name: 'opt_pid' }],
    ]),
  },
  sources: new Map([
    [
      'tool.bpf.c',
      `// SPDX-License-Identifier: GPL-2.0
// One record per call.
struct tool_event {
	__u32 pid;
};
struct file___old {
	int f_mode;
} __attribute__((preserve_access_index));
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct inode {
	int i_ino;
};
#pragma clang attribute pop
`,
    ],
  ]),
  readme: [
    '# tool: what the tool shows',
    'It answers.',
    '## Example',
    '```\n$ skep tool\n## no heading\n```',
    '## Columns',
    '## Options',
    '## Overhead',
    '## Kernels',
    '',
  ].join('\n'),
};

/** The sound plugin with other parts of its definition. */
export function defined(parts: object): PluginUnderTest {
  const changed = { ...sound.definition, ...parts } as PluginUnderTest['definition'];
  return { ...sound, definition: changed, options: changed.options ?? {} };
}

/** The sound plugin with other facts of its object. */
export function compiled(parts: Partial<PluginUnderTest['info']>): PluginUnderTest {
  return { ...sound, info: { ...sound.info, ...parts } };
}

/** The sound plugin with one more option. */
export function withOption(name: string, definitionOf: PluginUnderTest['options'][string]): PluginUnderTest {
  return defined({ options: { ...sound.options, [name]: definitionOf } });
}
