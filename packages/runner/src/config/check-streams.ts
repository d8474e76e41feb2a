import type { CheckContext } from './check-context.js';
import { PROGRAM_PLUGIN } from './check-program.js';
import type { PluginInstance } from './config.js';

/** Who may write the streams whose names begin with this. */
interface Claim {
  readonly owner: string;
  readonly what: string;
}

/**
 * A stream is known by its plugin's name and its own, also in a store, where rows of two kinds in one table could not be
 * told apart. So two packages with one name cannot be used together, nor two whose names and streams read the same.
 */
export function checkStreams(plugins: readonly PluginInstance[], { problems }: CheckContext): void {
  const claims = new Map<string, Claim>();
  for (const instance of plugins) {
    const { plugin, location, name } = instance;
    const isProgram = plugin.name === PROGRAM_PLUGIN;
    const owner = isProgram ? `program ${name}` : plugin.folder;
    const what = isProgram ? `the program of ${name}` : `${plugin.package} ${plugin.version}`;
    for (const [kind, word] of isProgram ? [['plugin', name] as const] : wordsOf(instance)) {
      const key = `${kind} ${word}`;
      const other = claims.get(key);
      if (other && other.owner !== owner) {
        const message = `"${word}" is claimed by ${other.what} and by ${what}: their rows could not be told apart`;
        const remedy = isProgram ? 'give the program another name' : 'use one of them, or rename a package';
        problems.add('SKEP_CONFIG', location, message, remedy);
        break;
      }
      claims.set(key, { owner, what });
    }
  }
}

/** The plugin's name, and its streams as a store names them. */
function wordsOf({ plugin }: PluginInstance): (readonly [kind: string, word: string])[] {
  const streams = Object.keys(plugin.definition.streams);
  return [['plugin', plugin.name], ...streams.map((stream) => ['stream', `${plugin.name}_${stream}`] as const)];
}
