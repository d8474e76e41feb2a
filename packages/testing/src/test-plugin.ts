import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Check,
  defaultProblems,
  defaultValues,
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
import { ByteBuffer, createWriter, type OptionValues, rowsOf } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { batchOfRecords, type KernelRecord } from './plugin-records.js';

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

/** Records as the program leaves them, and what must become of them. */
export interface RecordTest {
  readonly stream: string;
  readonly options?: Partial<OptionValues>;
  /** Members of the record of a ring, or of key and value of a map; what is not named is 0. Times are since the epoch. */
  readonly records: readonly KernelRecord[];
  /** The rows, in order; each may have more columns than are named. */
  readonly rows: readonly object[];
  /** The table, header included, exactly. */
  readonly text?: string;
}

export interface PluginTestOptions {
  readonly records?: readonly RecordTest[];
}

/**
 * Register what every plugin owes as vitest tests: that package, definition, object, sources and README agree, and that
 * records become the rows they should. Needs the plugin built; no kernel, no privilege. Whether it sees what happens is
 * what its self-tests say (`skep selftest`).
 *
 * @param at the folder of the package, such as `plugins/security/opensnoop`, or `new URL('..', import.meta.url)`
 */
export function testPlugin(at: string | URL, { records = [] }: PluginTestOptions = {}): void {
  const folder = typeof at === 'string' ? at : fileURLToPath(at);
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
    it.each(records)('makes rows of what the program records for $stream', async (test) => {
      checkRecords(await plugin(), test);
    });
  });
}

function checkRecords(plugin: PluginUnderTest, { stream, options = {}, records, rows, text }: RecordTest): void {
  const values = { ...defaultValues(plugin.options), ...options } as OptionValues;
  const batch = batchOfRecords(plugin, stream, records, values);
  expect(rowsOf(batch)).toMatchObject([...rows]);
  if (text === undefined) return;
  const writer = createWriter('table', batch.schema);
  const out = new ByteBuffer();
  writer.begin(out);
  writer.write(batch, out);
  expect(Buffer.from(out.view()).toString()).toBe(text);
}
