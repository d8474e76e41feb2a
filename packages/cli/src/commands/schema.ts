import { configSchema, type LoadedPackage, listPackages, loadAnyPackage } from '@skep/runner';
import { createLog } from '../log.js';
import { createCommand, parseArgs } from '../usage.js';

/** `skep schema`: JSON Schema of the YAML, composed from the packages that are installed. */
export async function run(args: readonly string[]): Promise<number> {
  const command = createCommand('schema', 'JSON Schema of the configuration, for editors');
  if (parseArgs(command, args)) return 0;
  const here = process.cwd();
  const loaded: LoadedPackage[] = [];
  for (const found of listPackages([here])) {
    try {
      loaded.push(await loadAnyPackage(found, here));
    } catch (error) {
      createLog('warn').warn(`${found.package} is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  process.stdout.write(`${JSON.stringify(configSchema(loaded), undefined, 2)}\n`);
  return 0;
}
