import type { OptionValues } from '@skep/core';
import type { PluginInstance } from './config/config.js';
import type { LoadedPlugin } from './discovery/index.js';

/** A plugin with options, as if a configuration had it under this name. */
export function instanceOf(plugin: LoadedPlugin, options: OptionValues, name: string): PluginInstance {
  const location = { file: 'command line', line: 1, column: 1, text: '', length: 1 };
  return { name, plugin, options, everyMs: 0, program: undefined, attach: [], allow: [], location };
}
