import type { Field } from '@skep/core';
import type { Check, PluginUnderTest } from './plugin-under-test.js';

/** Names that say everything: those every tool uses alike. */
const SELF_EXPLAINING: ReadonlySet<string> = new Set([
  'args',
  'comm',
  'count',
  'cpu',
  'gid',
  'path',
  'pcomm',
  'pid',
  'ppid',
  'tid',
  'time',
  'uid',
]);

/** Meanings that leave no question: a moment, and the name of a task. */
const SELF_EXPLAINING_MEANINGS: ReadonlySet<string | undefined> = new Set(['skep_ktime_t', 'skep_comm_t']);

/** A definition, with what stands behind its closing brace. */
const DEFINITION = /^(?:struct|union)\s+(\w+)\s*\{[\s\S]*?^\}([^;]*);/gm;
const KERNEL_TYPES = /#pragma clang attribute push[\s\S]*?#pragma clang attribute pop/g;
const COMMENTS = /\/\*[\s\S]*?\*\//g;

/** Struct tags of the plugin itself begin with its name: vmlinux.h and other tools own the rest. */
export const structProblems: Check = ({ sources, tool }) => {
  const prefix = tool.replaceAll('-', '_');
  return [...sources].flatMap(([file, text]) => {
    const own = text.replace(COMMENTS, '').replace(KERNEL_TYPES, '');
    return [...own.matchAll(DEFINITION)]
      .filter(([, , behind]) => !behind!.includes('preserve_access_index'))
      .map(([, tag]) => tag!)
      .filter((tag) => tag !== prefix && !tag.startsWith(`${prefix}_`))
      .map((tag) => `${file}: struct ${tag} does not begin with ${prefix}_`);
  });
};

/** Columns say what they are: by SKEP_DOC, by the labels of an enum, or by a name that everybody knows. */
export const docProblems: Check = (plugin) =>
  recordFields(plugin)
    .filter(([, field]) => !isExplained(field))
    .map(([record, { name }]) => `${record}: member "${name}" has no SKEP_DOC`);

function isExplained({ name, doc, meaning, labels }: Field): boolean {
  return doc !== '' || labels !== undefined || SELF_EXPLAINING.has(name) || SELF_EXPLAINING_MEANINGS.has(meaning);
}

function recordFields({ info }: PluginUnderTest): (readonly [string, Field])[] {
  const records = [
    ...[...info.rings].map(([name, record]) => [`ring ${name}`, record] as const),
    ...[...info.snapshots].flatMap(([name, { key, value }]) => [
      [`key of ${name}`, key] as const,
      [`value of ${name}`, value] as const,
    ]),
  ];
  return records.flatMap(([where, { members }]) => members.map(({ field }) => [where, field] as const));
}

/** C files begin with their license, and with a comment that says what one record is. */
export const sourceProblems: Check = ({ sources }) =>
  [...sources].flatMap(([file, text]) => {
    const [license = '', comment = ''] = text.split('\n');
    return [
      ...(license.startsWith('// SPDX-License-Identifier: GPL-2.0') ? [] : [`${file} does not begin with its license`]),
      ...(/^(\/\/|\/\*) \S/.test(comment) ? [] : [`${file} does not say in its second line what it is about`]),
    ];
  });
