import { describePlugin, type LoadedPackage } from '@skep/runner/tool';
import { fillMarks } from './markdown.js';
import { sinkOptions, toolOptions } from './option-tables.js';
import { streamTables } from './stream-tables.js';

/** The README of a package with what stands between its markers, `<!-- generated:columns -->`, brought up to date. */
export function filledReadme(loaded: LoadedPackage, readme: string): string {
  const options = loaded.definition.options ?? {};
  return loaded.kind === 'plugin'
    ? fillMarks(readme, { columns: streamTables(describePlugin(loaded)), options: toolOptions(loaded.definition) })
    : fillMarks(readme, { options: sinkOptions(options) });
}
