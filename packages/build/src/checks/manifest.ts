import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PLUGIN_API, PLUGIN_TAG } from '@skep/core';
import type { Check } from './plugin-under-test.js';

/** The package can be published, found and described by its `package.json` alone. */
export const manifestProblems: Check = ({ folder, manifest, definition }) => {
  const problems: string[] = [];
  const need = (holds: boolean, what: string) => void (holds || problems.push(what));
  const { name, version, description, type, exports, files, peerDependencies, license } = manifest;
  need(/^(?:@skep\/|skep-)plugin-./.test(String(name)), '"name" is not skep-plugin-*: it has no short name');
  need(/^\d+\.\d+\.\d+/.test(String(version)), '"version" is not major.minor.patch');
  need(isLine(description), '"description" is not one line of text without a full stop');
  need(type === 'module', '"type" is not "module"');
  need(typeof license === 'string', '"license" is missing');
  need(typeof exports === 'string' && existsSync(join(folder, exports)), '"exports" is not a file that exists');
  const packed = Array.isArray(files) ? files.map(String) : [];
  need(packed.includes('dist'), '"files" does not hold "dist"');
  const hasSources = definition.object === undefined || packed.includes('src/*.bpf.c') || packed.includes('src');
  need(hasSources, '"files" does not hold "src/*.bpf.c": the license of the program wants it');
  const peers = (peerDependencies ?? {}) as Readonly<Record<string, unknown>>;
  need(typeof peers['@skep/core'] === 'string', '"peerDependencies" does not hold @skep/core');
  need(
    definition[PLUGIN_TAG] === PLUGIN_API,
    `the default export is not made by definePlugin() of version ${PLUGIN_API}`,
  );
  return problems;
};

function isLine(text: unknown): boolean {
  return typeof text === 'string' && text.trim() === text && text !== '' && !/[\n\r]|\.$/.test(text);
}
