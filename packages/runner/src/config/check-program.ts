import { resolve } from 'node:path';
import { isSkepError } from '@skep/core';
import type { LoadedPlugin } from '../discovery/load-package.js';
import type { CheckContext } from './check-context.js';
import type { ProgramInFile } from './config.js';
import { textOf } from './entry.js';
import { readConfigFile } from './read-file.js';
import { type Entry, nodeAt, type TreeNode } from './tree.js';

/** The plugin that compiles a program of the user's own. */
export const PROGRAM_PLUGIN = 'bcc';

/** The program of a `use: bcc`, read when it is in a file; other plugins take none. */
export async function checkProgram(
  entry: Entry,
  plugin: LoadedPlugin,
  context: CheckContext,
): Promise<ProgramInFile | undefined> {
  const { problems, source } = context;
  const node = nodeAt(entry.node, ['program']);
  const takesProgram = plugin.name === PROGRAM_PLUGIN;
  if (!node && takesProgram) {
    const place = source.at(entry.keyStart, entry.keyEnd);
    const remedy = 'give the C program as a text, or as { file: PATH }';
    problems.add('SKEP_CONFIG', place, `"program" of plugins.${entry.key} is missing`, remedy);
  } else if (node && !takesProgram && entry.node.kind === 'map') {
    const { keyStart, keyEnd } = entry.node.entries.get('program')!;
    const message = `plugin ${plugin.name} takes no program`;
    problems.add('SKEP_CONFIG', source.at(keyStart, keyEnd), message, `only "use: ${PROGRAM_PLUGIN}" does`);
  }
  if (!node || !takesProgram) return undefined;
  const inline = textOf(node, source);
  return inline ? { ...inline, file: undefined } : await readProgram(node, context);
}

async function readProgram(
  node: TreeNode,
  { problems, source, folder }: CheckContext,
): Promise<ProgramInFile | undefined> {
  const path = nodeAt(node, ['file']);
  if (path?.kind !== 'scalar' || typeof path.value !== 'string') return undefined;
  const location = source.at(path.start, path.end);
  try {
    // Relative to the folder of the configuration, as the paths of sinks are.
    const text = await readConfigFile(resolve(folder, path.value));
    return { text, file: path.value, location, origin: undefined };
  } catch (error) {
    if (!isSkepError(error)) throw error;
    problems.addError(error, location, 'give the path of a C program, from the folder of this file');
    return undefined;
  }
}
