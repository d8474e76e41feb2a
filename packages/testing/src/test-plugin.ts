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
  valueProblems,
} from '@skep/build';
import { ByteBuffer, createWriter, type Log, type OptionValues, rowsOf } from '@skep/core';
import { GUARDED_HELPERS } from '@skep/libbpf';
import { type LoadedPlugin, runSelfTests, type SelfTestResult } from '@skep/runner/tool';
import { describe, expect, it } from 'vitest';
import { type PlanTest, plannedSet } from './plugin-plans.js';
import { type RecordingTest, replayRecording } from './plugin-recordings.js';
import { batchOfRecords, type KernelRecord } from './plugin-records.js';

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
/** Each test of a plugin has three minutes of its own. */
const SELFTEST_MS = 900_000;

const CHECKS: readonly (readonly [string, Check])[] = [
  ['has a complete package.json', manifestProblems],
  ['has a variable or a use for every option, and an option for every variable', optionVariableProblems],
  ['explains its options, which take their defaults and conflict with options that exist', optionProblems],
  ['has the same defaults in its options as in its program', defaultProblems],
  ['has variables that its options fit', valueProblems],
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

/** A recording, and what must become of it. */
export interface ReplayTest extends RecordingTest {
  /** The rows, in order; each may have more columns than are named. */
  readonly rows?: readonly object[];
  /** The table, header included, exactly. */
  readonly text?: string;
}

export interface PluginTestOptions {
  readonly records?: readonly RecordTest[];
  /** Files of `skep record`, decoded by the plugin as it is now. */
  readonly recordings?: readonly ReplayTest[];
  /** Which attach set other kernels take, also when they are taken to lack something. */
  readonly plans?: readonly PlanTest[];
  /** Run the plugin's own tests as well, by every attach set, where this process may trace. Default: as root. */
  readonly selftest?: boolean;
}

/**
 * Register what every plugin owes as vitest tests: that package, definition, object, sources and README agree, and that
 * records become the rows they should. Needs the plugin built; no kernel, no privilege. As root also its self-tests, by
 * every attach set that this kernel takes.
 *
 * @param at the folder of the package, such as `plugins/security/opensnoop`, or `new URL('..', import.meta.url)`
 */
export function testPlugin(
  at: string | URL,
  { records = [], recordings = [], plans = [], selftest }: PluginTestOptions = {},
): void {
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
    it.each(recordings)('makes rows of the recording $file', async (test) => {
      await checkRecording(await plugin(), test);
    });
    it.each(plans)('is attached as planned on $kernel without $without', async ({ takes, ...plan }) => {
      expect(plannedSet(await importPlugin(folder), plan)).toEqual([...takes]);
    });
    if (selftest === false) return;
    const mayTrace = selftest ?? process.getuid?.() === 0;
    it.runIf(mayTrace)('sees what happens, by every attach set of this kernel', { timeout: SELFTEST_MS }, async () => {
      await expectSelfTests(await importPlugin(folder));
    });
  });
}

/** One that is refused by this kernel is none of the plugin's faults, but one must have passed. */
async function expectSelfTests(plugin: LoadedPlugin): Promise<void> {
  const results: SelfTestResult[] = [];
  for await (const result of runSelfTests(plugin, { everySet: true, log: SILENT, allow: GUARDED_HELPERS })) {
    results.push(result);
  }
  const said = ({ test, set, reason }: SelfTestResult) => `${test} [${set.join(' + ')}]: ${reason}`;
  expect(results.filter(({ outcome }) => outcome === 'failed').map(said)).toEqual([]);
  const skipped = results.filter(({ outcome }) => outcome === 'skipped').map(said);
  expect(
    results.some(({ outcome }) => outcome === 'passed'),
    skipped.join('\n'),
  ).toBe(true);
}

async function checkRecording(plugin: PluginUnderTest, { rows, text, ...test }: ReplayTest): Promise<void> {
  const replayed = await replayRecording(plugin, test);
  if (rows) expect(replayed.rows).toMatchObject([...rows]);
  else expect(replayed.rows.length).toBeGreaterThan(0);
  if (text !== undefined) expect(replayed.text).toBe(text);
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
