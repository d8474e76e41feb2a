import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programIds } from './support/bpf.js';
import { ROOT, SKEP, temporaryFolder } from './support/paths.js';
import { accountOf, linesOf, runSkep, type Skep, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';
import { until } from './support/until.js';

const MISSING = '/skep-e2e/no/such/file';

/** opensnoop on one storm, ready. */
async function watching(storm: Storm, ...args: string[]): Promise<Skep> {
  const skep = startSkep(['opensnoop', '-p', String(storm.pid), ...args]);
  await skep.attached();
  return skep;
}

async function expectGone(programs: readonly number[]): Promise<void> {
  expect(programs.length).toBeGreaterThan(0);
  await until('its programs are gone', () => {
    const left = programIds();
    return programs.every((id) => !left.has(id));
  });
}

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('drains what is left, prints the account, exits with 0 and leaves nothing attached', async () => {
    const storm = new Storm(MISSING);
    const skep = await watching(storm);
    const programs = skep.links;
    await storm.open(3001);
    skep.kill(signal);
    const { code, stdout, stderr } = await skep.ended;
    expect(accountOf(stderr, 'opens')).toMatchObject({ attempted: 3001, delivered: 3001, lost: 0 });
    expect(linesOf(stdout).filter((line) => line.includes(MISSING))).toHaveLength(3001);
    expect(code).toBe(0);
    await expectGone(programs);
  });

  it('during load: the account is exact, and nothing is left attached', async () => {
    const storm = new Storm(MISSING);
    const skep = await watching(storm, '-b', '8');
    const programs = skep.links;
    const storming = storm.open(2_000_000);
    await skep.until('rows come', () => skep.bytes.length > 100_000);
    skep.kill(signal);
    const { code, stdout, stderr } = await skep.ended;
    const { attempted, delivered, lost } = accountOf(stderr, 'opens');
    expect(linesOf(stdout).filter((line) => line.includes(MISSING))).toHaveLength(delivered);
    expect(delivered + lost).toBe(attempted);
    expect(code).toBe(0);
    await expectGone(programs);
    storm.child.kill('SIGKILL');
    void storming;
  });

  it('while it starts ends it all the same', async () => {
    const skep = startSkep(['opensnoop', '-v', '-p', String(process.pid)]);
    await skep.until('libbpf is at work', () => /libbpf/.test(skep.stderr));
    skep.kill(signal);
    const { code, stderr } = await skep.ended;
    expect(stderr).toMatch(/attempted/);
    expect(code).toBe(0);
  });
});

it('timeout(1), which sends its signal twice, lets it end in good order', async () => {
  for (let n = 0; n < 3; n++) {
    const through = ['timeout', '-s', 'INT', '600'];
    const timeout = startSkep(['opensnoop', '-p', String(process.pid)], { through });
    await timeout.attached();
    // By which it knows that the time is over.
    timeout.kill('SIGALRM');
    const { code, stderr } = await timeout.ended;
    expect(stderr).toMatch(/attempted/);
    expect(code).toBe(124);
  }
});

it('Ctrl-C twice leaves at once, whatever it still had to write', async () => {
  const storm = new Storm(MISSING);
  const file = join(temporaryFolder(), 'skep.yaml');
  writeFileSync(
    file,
    `version: 1\nplugins: { opens: { use: opensnoop, options: { pid: ${storm.pid} } } }\nsinks: { stdout: }\n`,
  );
  const skep = startSkep(['run', file], { unread: true });
  await skep.attached();
  const programs = skep.links;
  // Far more than a pipe that nobody reads can hold.
  await storm.open(20_000);
  await until('the second Ctrl-C has ended it', () => {
    if (!skep.hasEnded) skep.kill('SIGINT');
    return skep.hasEnded;
  });
  const { code, stderr } = await skep.ended;
  expect(code).toBe(130);
  expect(stderr).not.toMatch(/attempted|error/);
  await expectGone(programs);
});

it('kill -9 leaves nothing attached', async () => {
  const skep = await watching(new Storm(MISSING));
  const programs = skep.links;
  skep.kill('SIGKILL');
  await skep.ended;
  await expectGone(programs);
});

describe('a reader that closes the pipe', () => {
  function head(command: string, lines = 1) {
    const script = `"$0" "$1" ${command} | head -n ${lines}; echo "\${PIPESTATUS[0]}"`;
    return spawnSync('bash', ['-c', script, process.execPath, SKEP], { encoding: 'utf8', cwd: ROOT });
  }

  it.each(['list', 'schema', '--help', 'info opensnoop', 'doctor -o json'])('ends skep %s quietly', (command) => {
    const { stdout, stderr } = head(command);
    expect([linesOf(stdout).length, linesOf(stdout).at(-1), stderr]).toEqual([2, '0', '']);
  });

  it.each(['table', 'json', 'csv', 'logfmt'])('ends a tool that prints %s quietly', (format) => {
    const loop = 'close STDOUT; close STDERR; $p = getppid; while ($p == getppid) { open(F, "/skep-e2e/none") }';
    const opening = `perl -e '${loop}'`;
    const { stdout, stderr } = head(`opensnoop -o ${format} --exec ${opening}`, 3);
    expect([linesOf(stdout).length, linesOf(stdout).at(-1), stderr]).toEqual([4, '0', '']);
  });

  it('ends an agent, whose other sinks get all that was drained, in whole lines', async () => {
    const storm = new Storm(MISSING);
    const folder = temporaryFolder();
    const file = join(folder, 'skep.yaml');
    writeFileSync(
      file,
      `version: 1
agent: { log: warn }
plugins: { opens: { use: opensnoop, options: { pid: ${storm.pid} } } }
sinks: { stdout: { format: json }, file: { path: ./rows.jsonl } }\n`,
    );
    const skep = startSkep(['run', file], { unread: true });
    await skep.until('it is attached', () => skep.links.length > 0);
    skep.child.stdout!.destroy();
    const storming = storm.open(1_000_000);
    const { code, stderr } = await skep.ended;
    expect([code, stderr]).toEqual([0, '']);
    const rows = linesOf(readFileSync(join(folder, 'rows.jsonl'), 'utf8'));
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(JSON.parse(row)).toMatchObject({ path: MISSING });
    storm.child.kill('SIGKILL');
    void storming;
  });
});

describe('a full disk behind standard output', () => {
  async function toFullDisk(...args: string[]) {
    const full = openSync('/dev/full', 'w');
    try {
      return await runSkep(args, { stdout: full });
    } finally {
      closeSync(full);
    }
  }

  it('is named by a command, which exits with 1', async () => {
    const { code, stderr } = await toFullDisk('list');
    expect(stderr).toMatch(/^error\[SKEP_SINK\]: cannot write to standard output: .*ENOSPC/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });

  it('is named by a tool, which counts what was lost and exits with 1', async () => {
    const { code, stderr } = await toFullDisk('opensnoop', '--exec', 'cat', '/etc/hostname');
    expect(stderr).toMatch(/sink stdout: \d+ rows lost: cannot write to standard output: .*ENOSPC/);
    const { attempted, delivered, losses } = accountOf(stderr, 'opens');
    expect(delivered).toBe(0);
    expect(losses).toEqual({ 'refused by the sink': attempted });
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });
});
