import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type Check,
  defaultProblems,
  docProblems,
  filledReadme,
  flagProblems,
  importPlugin,
  manifestProblems,
  mapProblems,
  optionProblems,
  optionVariableProblems,
  type PluginUnderTest,
  programProblems,
  readmeProblems,
  readPlugin,
  selftestProblems,
  sourceProblems,
  streamProblems,
  structProblems,
} from '@skep/build';
import { describe, expect, it } from 'vitest';

const CHECKS: readonly (readonly [string, Check])[] = [
  ['has a complete package.json', manifestProblems],
  ['has a variable or a use for every option, and an option for every variable', optionVariableProblems],
  ['explains its options, which take their defaults and conflict with options that exist', optionProblems],
  ['has the same defaults in its options as in its program', defaultProblems],
  ['has no flag that stands for two options', flagProblems],
  ['uses every program of its object, and none that is not there', programProblems],
  ['reads every ring and snapshot, and shows columns that exist', streamProblems],
  ['has names of maps that the kernel keeps whole', mapProblems],
  ['has struct tags that begin with its name', structProblems],
  ['documents its columns', docProblems],
  ['begins its C files with license and purpose', sourceProblems],
  ['brings self-tests', selftestProblems],
  ['has a README with the sections that every tool has', readmeProblems],
];

/**
 * Register what every plugin owes as vitest tests: that package, definition, object, sources and README agree. Needs the
 * plugin built; no kernel, no privilege. Whether it sees what happens is what its self-tests say (`skep selftest`).
 *
 * @param folder of the package, such as `plugins/security/opensnoop`
 */
export function testPlugin(folder: string): void {
  describe(basename(folder), () => {
    let reading: Promise<PluginUnderTest> | undefined;
    const plugin = () => (reading ??= readPlugin(folder));
    for (const [sentence, problemsOf] of CHECKS) {
      it(sentence, async () => {
        expect(problemsOf(await plugin())).toEqual([]);
      });
    }
    it('has tables in its README that are current', async () => {
      const readme = readFileSync(join(folder, 'README.md'), 'utf8');
      expect(readme).toBe(filledReadme(await importPlugin(folder), readme));
    });
  });
}
