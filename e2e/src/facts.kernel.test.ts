import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from './support/paths.js';
import { runSkep } from './support/skep.js';

async function facts<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await runSkep([...args, '-o', 'json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as T;
}

it('list -o json names plugins and sinks with their packages', async () => {
  const found = await facts<{ kind: string; name: string; package: string; description: string }[]>('list');
  expect(found).toContainEqual(
    expect.objectContaining({ kind: 'plugin', name: 'opensnoop', package: '@skep/plugin-opensnoop' }),
  );
  expect(found).toContainEqual(expect.objectContaining({ kind: 'sink', name: 'file', package: '@skep/sink-file' }));
  for (const { description } of found) expect(description).not.toBe('');
});

it('info -o json has streams, options and attach sets', async () => {
  const info = await facts<{
    streams: { name: string; columns: { name: string; type: string }[] }[];
    options: { name: string; flags: string }[];
    attach: { programs: { name: string; section: string }[] }[];
  }>('info', 'opensnoop');
  expect(info.streams[0]!.columns.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['pid', 'comm', 'fd', 'path']),
  );
  expect(info.options).toContainEqual(expect.objectContaining({ name: 'failed', flags: '-x, --failed' }));
  for (const { programs } of info.attach) for (const { section } of programs) expect(section).not.toBe('');
});

it('explain -o json says which set this kernel takes and why not the others; a file with its sinks', async () => {
  interface Plan {
    source: string;
    sets: { possible: boolean; reason: string }[];
    sinks?: string[];
  }
  const [plan] = await facts<Plan[]>('explain', 'opensnoop');
  expect(plan!.sets.some(({ possible }) => possible)).toBe(true);
  for (const { possible, reason } of plan!.sets) expect(reason === '').toBe(possible);
  const file = join(temporaryFolder(), 'skep.yaml');
  writeFileSync(
    file,
    'version: 1\nplugins: { a: opensnoop, b: execsnoop }\nsinks: { screen: { use: stdout, from: [a] } }\n',
  );
  const plans = await facts<Plan[]>('explain', file);
  expect(plans.map(({ source, sinks }) => [source, sinks])).toEqual([
    ['a', ['screen (stdout)']],
    ['b', []],
  ]);
});

it('explain takes the options of the tool: other programs, and other privileges', async () => {
  interface Plan {
    sets: { programs: { section: string }[]; privileges: { naming: { capability: string }[] } }[];
  }
  const naming = async (...args: string[]) => {
    const [plan] = await facts<Plan[]>('explain', ...args);
    return plan!.sets[0]!.privileges.naming.map(({ capability }) => capability);
  };
  expect(await naming('opensnoop')).toEqual([]);
  expect(await naming('opensnoop', '-c')).toEqual(['CAP_SYS_PTRACE']);
  expect(await naming('funccount', 'c:malloc')).toEqual([]);
  expect(await naming('stackcount', 'c:malloc')).toEqual(['CAP_SYS_PTRACE']);
  expect(await naming('memleak', '-p', String(process.pid))).toEqual(['CAP_SYS_PTRACE']);
  const [plan] = await facts<Plan[]>('explain', 'funccount', 'c:malloc');
  expect(plan!.sets.map(({ programs }) => programs[0]!.section)).toEqual([
    expect.stringMatching(/^uprobe\/.*:malloc$/),
  ]);
  expect(await runSkep(['explain', 'funccount'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("missing required argument 'pattern'"),
  });
  expect(await runSkep(['explain', 'configs/quickstart.yaml', '-x'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('a file takes no options'),
  });
});

it('explain --kernel says what another kernel would make of it, in the words of a measurement', async () => {
  interface Plan {
    kernel: string;
    sets: { verdict: string; reason: string }[];
  }
  const plans = await facts<Plan[]>('explain', 'biotop', '--kernel', 'all');
  expect(plans.map(({ kernel }) => kernel)).toEqual(['Debian 5.10', 'Debian 6.1', 'Debian 6.12', 'Debian sid']);
  expect(plans[0]!.sets[0]).toMatchObject({
    verdict: 'refused',
    reason: expect.stringContaining('no tracepoint block_io_start; it came after Linux 6.1'),
  });
  expect(plans[2]!.sets[0]).toMatchObject({ verdict: 'possible', reason: '' });
});

it('explain --kernel takes a file with BTF, such as this kernel’s own', async () => {
  const [plan] = await facts<{ sets: { verdict: string }[] }[]>(
    'explain',
    'runqlat',
    '--kernel',
    '/sys/kernel/btf/vmlinux',
  );
  expect(plan!.sets.map(({ verdict }) => verdict)).toEqual(['possible', 'possible']);
});

it('explain --all has a row for every set of every tool', async () => {
  const rows = await facts<{ tool: string; kernel: string; verdict: string; when: string }[]>(
    'explain',
    '--all',
    '--kernel',
    '6.1',
  );
  expect(new Set(rows.map(({ kernel }) => kernel))).toEqual(new Set(['6.1']));
  expect(new Set(rows.map(({ tool }) => tool)).size).toBeGreaterThan(5);
  expect(rows.filter(({ tool }) => tool === 'biolatency').map(({ when }) => when)).toContain('queued, cgroup or pid');
});

it('what the kernel says to every set is what was predicted of it', async () => {
  const names = (await facts<{ name: string; kind: string }[]>('list'))
    .filter(({ kind }) => kind === 'plugin')
    .map(({ name }) => name);
  const wrong: unknown[] = [];
  for (const name of names) {
    // Tools that are told what to trace have no sets to be asked about.
    if ((await facts<{ attach: unknown[] }>('info', name)).attach.length === 0) continue;
    const { code, stdout, stderr } = await runSkep(['explain', name, '-o', 'json']);
    if (stderr.includes('missing required argument')) continue;
    expect([0, 3]).toContain(code);
    const [plan] = JSON.parse(stdout) as { sets: { reason: string; predicted?: string }[] }[];
    // Which programs are installed is not predicted.
    const isInstalled = (reason: string) => !reason.startsWith('no library or program');
    wrong.push(...plan!.sets.filter(({ predicted, reason }) => predicted !== undefined && isInstalled(reason)));
  }
  expect(wrong).toEqual([]);
});

it('--no-feature takes the next set, and tells of it', async () => {
  const [plan] = await facts<{ sets: { possible: boolean; reason: string }[] }[]>(
    'explain',
    'runqlat',
    '--no-feature',
    'tp_btf',
  );
  expect(plan!.sets.map(({ possible }) => possible)).toEqual([false, true]);
  expect(plan!.sets[0]!.reason).toContain('turned off by --no-feature tp_btf');
  const results = await facts<{ outcome: string; set: string[] }[]>('selftest', 'runqlat', '--no-feature', 'tp_btf');
  expect(results).toMatchObject([{ outcome: 'passed', set: ['wakeup_raw', 'start_raw', 'switch_raw'] }]);
});

it('doctor -o json gives a state, a text and a remedy for everything it looked at', async () => {
  const findings = await facts<{ name: string; state: string; text: string; remedy: string }[]>('doctor');
  expect(findings.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['kernel', 'BTF', 'privilege', 'libbpf', 'tracefs', 'opensnoop']),
  );
  for (const { state, text, remedy } of findings) {
    expect(text).not.toBe('');
    expect(remedy !== '').toBe(state !== 'ok');
  }
});

it('doctor says of tools that compile whether they can', async () => {
  const headers = temporaryFolder();
  mkdirSync(join(headers, 'include'));
  for (const folder of [undefined, headers]) {
    const { stdout } = await runSkep(['doctor', '-o', 'json'], { env: { BCC_KERNEL_SOURCE: folder } });
    const findings = JSON.parse(stdout) as { name: string; state: string; text: string }[];
    const of = (wanted: string) => findings.find(({ name }) => name === wanted)!;
    const lacks = /^no kernel headers/.test(of('headers').text);
    for (const name of ['argdist', 'trace']) {
      expect(of(name).state).toBe(lacks ? 'warning' : 'ok');
      expect(of(name).text).toMatch(lacks ? /^cannot run: .* needs kernel headers$/ : /depends on its options$/);
    }
    expect(of('funccount').state).toBe('ok');
  }
});

it('selftest -o json gives an outcome for every test', async () => {
  const results = await facts<{ set: string[]; programs: { name: string; insns: number }[] }[]>(
    'selftest',
    'opensnoop',
    '--cost',
  );
  expect(results.length).toBeGreaterThan(1);
  for (const result of results) {
    expect(result).toMatchObject({ plugin: 'opensnoop', outcome: 'passed', refused: false });
    expect(result.programs.map(({ name }) => name)).toEqual(result.set);
    for (const { insns } of result.programs) expect(insns).toBeGreaterThan(10);
  }
});
