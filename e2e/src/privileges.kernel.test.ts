// What skep may do before everything is attached and after, as the kernel tells it of every thread.
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Trial } from './programs/capabilities.js';
import { programIds } from './support/bpf.js';
import { POWERLESS, threadsOf, withCapabilities } from './support/credentials.js';
import { ROOT, temporaryFolder } from './support/paths.js';
import { accountOf, linesOf, runSkep, type Skep, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';
import { expectExact, TOOLS } from './support/trials.js';
import { AS_USER } from './support/unprivileged.js';
import { until } from './support/until.js';

const MISSING = '/skep-e2e/no/such/file';
const NOBODY = 65534;
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

function configure(file: string, agent: string, plugins: string, sinks: string): void {
  // As editors do: a new file takes the place of the old one.
  writeFileSync(`${file}.new`, `version: 1\n${agent}\nplugins:\n${plugins}\nsinks:\n${sinks}\n`);
  renameSync(`${file}.new`, file);
}

/** The kernel frees programs a grace period after the process that held them is gone. */
function noneBut(before: ReadonlySet<number>): Promise<boolean> {
  return until('no program is left', () => [...programIds()].every((id) => before.has(id)));
}

async function hangUp(skep: Skep, outcome: 'reloaded' | 'was not taken'): Promise<void> {
  const pattern = new RegExp(outcome, 'g');
  const before = count(skep.stderr, pattern);
  skep.kill('SIGHUP');
  await skep.until(`the file ${outcome}`, () => count(skep.stderr, pattern) > before);
}

describe('an agent started as root', () => {
  it('keeps no capability on any thread, goes on tracing, and leaves nothing attached', async () => {
    const storm = new Storm(MISSING);
    const file = join(temporaryFolder(), 'skep.yaml');
    const plugins = `  opens: { use: opensnoop, options: { pid: ${storm.pid} } }\n  soft: { use: softirqs, every: 100ms }`;
    configure(file, '', plugins, '  all: { use: file, path: ./all.jsonl }');
    const before = programIds();
    const skep = startSkep(['run', file]);
    await skep.attached();
    const threads = threadsOf(skep.pid);
    expect(threads.length).toBeGreaterThan(5);
    for (const thread of threads) expect(thread).toMatchObject({ ...POWERLESS, Uid: '0\t0\t0\t0' });
    await storm.open(2003);
    skep.kill('SIGTERM');
    const { code, stderr } = await skep.ended;
    expect(accountOf(stderr, 'opens.opens -> all')).toMatchObject({ attempted: 2003, delivered: 2003, lost: 0 });
    expect(accountOf(stderr, 'soft.totals -> all').delivered).toBeGreaterThan(0);
    await noneBut(before);
    expect(code).toBe(0);
  });

  it('keeps what a package says it needs at work, as root and as another user', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'curious'));
    const processor = `import { defineProcessor } from '@skep/core';
      export default defineProcessor({ needs: ['CAP_SYS_PTRACE'], create: () => undefined });`;
    writeFileSync(join(folder, 'curious/index.js'), processor);
    const manifest = { name: 'skep-processor-curious', version: '1.0.0', type: 'module', exports: './index.js' };
    writeFileSync(join(folder, 'curious/package.json'), JSON.stringify(manifest));
    const file = join(folder, 'skep.yaml');
    const ptrace = (1n << 19n).toString(16).padStart(16, '0');
    for (const agent of ['', 'agent: { user: nobody }']) {
      const plugins = '  execs: execsnoop\nprocessors:\n  curious: { use: ./curious, from: execs }';
      configure(file, agent, plugins, '  all: { use: stdout }');
      const skep = startSkep(['run', file]);
      await skep.attached();
      expect(skep.stderr).toContain('privileges dropped: only CAP_SYS_PTRACE kept');
      for (const thread of threadsOf(skep.pid)) expect(thread).toMatchObject({ CapPrm: ptrace, CapEff: ptrace });
      skep.kill('SIGINT');
      expect((await skep.ended).code).toBe(0);
    }
  });

  it('takes a reload that loads nothing, and refuses one that would', async () => {
    const storm = new Storm(MISSING);
    const folder = temporaryFolder();
    const file = join(folder, 'skep.yaml');
    const opens = `  opens: { use: opensnoop, options: { pid: ${storm.pid} } }`;
    configure(file, '', `${opens}\n  execs: execsnoop`, '  all: { use: file, path: ./all.jsonl, from: [opens] }');
    const skep = startSkep(['run', file, '--watch']);
    await skep.attached();
    const sinks = `  all: { use: file, path: ./all.jsonl, from: [opens] }
  failed: { use: file, path: ./failed.jsonl, from: [opens], where: "err == 2" }`;
    configure(file, '', opens, sinks);
    await skep.until('the file was taken', () => /reloaded/.test(skep.stderr));
    const programs = skep.links;
    await storm.open(101);

    configure(file, '', `${opens}\n  more: execsnoop`, sinks);
    await skep.until('the file was refused', () => /was not taken/.test(skep.stderr));
    expect(skep.stderr).toMatch(/error\[SKEP_PERMISSION\]: more cannot be loaded: skep dropped its privileges/);
    expect(skep.stderr).toMatch(/restart skep .*agent\.privileges: keep/);
    expect(skep.links).toEqual(programs);
    await storm.open(103);
    skep.kill('SIGINT');
    const { code, stderr } = await skep.ended;
    expect(accountOf(stderr, 'opens.opens -> all')).toMatchObject({ attempted: 204, delivered: 204 });
    expect(linesOf(readFileSync(join(folder, 'failed.jsonl'), 'utf8'))).toHaveLength(204);
    expect(code).toBe(0);
  });

  it('keeps everything, and reloads everything, with privileges: keep', async () => {
    const file = join(temporaryFolder(), 'skep.yaml');
    const own = threadsOf(process.pid)[0]!.CapEff;
    configure(file, 'agent: { privileges: keep }', '  execs: execsnoop', '  screen: { use: stdout }');
    const skep = startSkep(['run', file]);
    await skep.attached();
    for (const thread of threadsOf(skep.pid)) expect(thread).toMatchObject({ CapEff: own, NoNewPrivs: '0' });
    configure(file, 'agent: { privileges: keep }', '  again: execsnoop', '  screen: { use: stdout }');
    await hangUp(skep, 'reloaded');
    skep.kill('SIGINT');
    expect((await skep.ended).code).toBe(0);
  });
});

describe('agent.user', () => {
  it('is who every thread is, and who files belong to, those of a rotation too', async () => {
    const storm = new Storm(MISSING);
    const folder = temporaryFolder();
    const file = join(folder, 'skep.yaml');
    const out = join(folder, 'out');
    mkdirSync(out);
    chownSync(out, NOBODY, NOBODY);
    const plugins = `  opens: { use: opensnoop, options: { pid: ${storm.pid} } }`;
    configure(
      file,
      'agent: { user: nobody }',
      plugins,
      '  all: { path: out/all.jsonl, use: file, rotate: { size: 50kB } }',
    );
    const skep = startSkep(['run', file]);
    await skep.attached();
    const ids = `${NOBODY}\t${NOBODY}\t${NOBODY}\t${NOBODY}`;
    for (const thread of threadsOf(skep.pid)) {
      expect(thread).toMatchObject({ ...POWERLESS, Uid: ids, Gid: ids });
      expect(thread.Groups!.split(' ').filter(Boolean)).toEqual([String(NOBODY)]);
    }
    for (let n = 0; n < 3; n++) await storm.open(1009);
    await hangUp(skep, 'reloaded');
    skep.kill('SIGTERM');
    const { code, stderr } = await skep.ended;
    expect(accountOf(stderr, 'opens.opens -> all')).toMatchObject({ attempted: 3027, delivered: 3027, lost: 0 });
    const files = readdirSync(out);
    expect(files.length).toBeGreaterThan(2);
    for (const name of files) expect(statSync(join(out, name)).uid).toBe(NOBODY);
    expect(code).toBe(0);
  });

  it('that may not write to a folder is an error at the start, with nothing left attached', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'skep.yaml');
    configure(file, `agent: { user: ${NOBODY} }`, '  execs: execsnoop', '  all: { use: file, path: ./all.jsonl }');
    const before = programIds();
    const { code, stderr } = await runSkep(['run', file]);
    expect(stderr).toMatch(/error\[SKEP_SINK\]: sink all: cannot open .*all\.jsonl: permission denied/);
    expect(stderr).toMatch(/let the user skep runs as write to this folder/);
    await noneBut(before);
    expect(code).toBe(1);
  });

  it('may be the ordinary user that skep is', async () => {
    const file = join(temporaryFolder(), 'skep.yaml');
    configure(file, 'agent: { user: nobody }', '  execs: execsnoop', '  all: { use: stdout }');
    const skep = startSkep(['run', file], { through: withCapabilities(['CAP_BPF', 'CAP_PERFMON']) });
    await skep.attached();
    for (const thread of threadsOf(skep.pid)) expect(thread).toMatchObject(POWERLESS);
    skep.kill('SIGINT');
    expect((await skep.ended).code).toBe(0);
  });

  it('is for root to change: others are told before anything is loaded', async () => {
    const file = join(temporaryFolder(), 'skep.yaml');
    configure(file, 'agent: { user: daemon }', '  execs: execsnoop', '  all: { use: stdout }');
    const { code, stderr } = await runSkep(['run', file], { through: AS_USER });
    expect(stderr).toMatch(/error\[SKEP_PERMISSION\]: cannot become user daemon .*CAP_SETUID and CAP_SETGID missing/);
    expect(stderr).toMatch(/start skep as root, or as that user without agent\.user/);
    expect(code).toBe(3);
  });
});

describe('a tool', () => {
  it('drops its capabilities, also those that an ordinary user was given', async () => {
    const skep = startSkep(['execsnoop'], { through: withCapabilities(['CAP_BPF', 'CAP_PERFMON']) });
    await skep.until('the header', () => /^COMM .*\n/.test(skep.stdout));
    for (const thread of threadsOf(skep.pid)) expect(thread).toMatchObject(POWERLESS);
    skep.kill('SIGINT');
    expect((await skep.ended).code).toBe(0);
  });

  it('keeps them with --keep-privileges', async () => {
    const own = threadsOf(process.pid)[0]!.CapEff;
    const skep = startSkep(['execsnoop', '--keep-privileges']);
    await skep.until('the header', () => /^COMM .*\n/.test(skep.stdout));
    for (const thread of threadsOf(skep.pid)) expect(thread).toMatchObject({ CapEff: own });
    skep.kill('SIGINT');
    expect((await skep.ended).code).toBe(0);
  });
});

describe('an ordinary user', () => {
  const program = join(ROOT, 'e2e/dist/programs/capabilities.js');

  it.each(TOOLS)('runs %s with what explain prints, and is told what is missing with one less', (tool) => {
    const { stdout } = spawnSync(process.execPath, [program, tool], { cwd: ROOT, encoding: 'utf8' });
    const [trial] = JSON.parse(stdout) as [Trial];
    expectExact(trial);
  });
});
