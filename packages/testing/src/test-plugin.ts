import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestProblems } from './plugin/manifest.js';
import { defaultProblems, flagProblems, optionProblems, optionVariableProblems } from './plugin/options.js';
import { type Check, type PluginUnderTest, readPlugin } from './plugin/plugin-under-test.js';
import { mapProblems, programProblems, streamProblems } from './plugin/programs.js';
import { readmeProblems } from './plugin/readme.js';
import { selftestProblems } from './plugin/selftest.js';
import { docProblems, sourceProblems, structProblems } from './plugin/structs.js';

export interface PluginTestOptions {
  /**
   * What README.md must hold with its generated tables up to date; undefined when there is no generator. The tables
   * are not compared without it.
   */
  readonly generatedReadme?: ((folder: string) => Promise<string | undefined>) | undefined;
}

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
export function testPlugin(folder: string, { generatedReadme }: PluginTestOptions = {}): void {
  describe(basename(folder), () => {
    let reading: Promise<PluginUnderTest> | undefined;
    const plugin = () => (reading ??= readPlugin(folder));
    for (const [sentence, problemsOf] of CHECKS) {
      it(sentence, async () => {
        expect(problemsOf(await plugin())).toEqual([]);
      });
    }
    it('has tables in its README that are current', async ({ skip }) => {
      const { readme } = await plugin();
      const generated = await generatedReadme?.(folder);
      if (generated === undefined) skip('there is no generator of the tables');
      expect(readme).toBe(generated);
    });
  });
}
