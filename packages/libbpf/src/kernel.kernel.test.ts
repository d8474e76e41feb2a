// What the kernel does with what it is given: refusals, attachments, and that nothing stays behind.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compile } from './fixture.js';
import { MAGIC, NUMBERED, noKernel, probeOf, programNames, Storm } from './kernel-fixture.js';

const streams = { calls: { ring: 'events' } };

const quiet = (name: string) => `${NUMBERED.replace('__u32 filler[9];', '')}
SKEP_RING(events, struct test_event, 64 * 1024);
ON_CALL(${name})
{
	struct test_event *e;

	if (!IS_OURS(ctx))
		return 0;
	e = skep_reserve(events);
	if (!e)
		return 0;
	e->number = ctx->args[1];
	e->pid = bpf_get_current_pid_tgid() >> 32;
	skep_submit(events, e);
	return 0;
}
`;

describe.skipIf(noKernel)(`a program that the verifier refuses${noKernel ? ` (skipped: ${noKernel})` : ''}`, () => {
  it('is an error with its last lines, and all of them as details', async () => {
    const source = `${quiet('other')}
SKEP_MAP(numbers, HASH, __u32, __u64, 1);
ON_CALL(refused)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&numbers, &key);

	return *value; /* may be NULL */
}
`;
    const { probe, poller } = probeOf(source, { attach: [['refused']], streams });
    const error = await probe.open().then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: 'SKEP_VERIFIER' });
    expect(error.message).toMatch(/the kernel refused program refused of skep_test: EACCES/);
    expect(error.remedy).toMatch(/map_value_or_null/);
    expect(error.remedy).not.toMatch(/processed \d+ insns/);
    expect(error.remedy.split('\n').length).toBeLessThanOrEqual(13);
    expect(error.details).toContain('-- BEGIN PROG LOAD LOG --');
    await probe.close();
    await poller.close();
  });

  it('gives way to the next set, which is used', async () => {
    const source = `${quiet('sound')}
ON_CALL(refused)
{
	return *(int *)ctx->args[1];
}
`;
    const { probe, poller } = probeOf(source, { attach: [['refused'], ['sound']], streams });
    await probe.open();
    await probe.attach();
    expect(probe.attachedSet?.programs).toEqual(['sound']);
    expect(probe.attempts.map(({ programs, error }) => [programs[0], error?.code])).toEqual([
      ['refused', 'SKEP_VERIFIER'],
      ['sound', undefined],
    ]);
    await probe.close();
    await poller.close();
  });

  it('is told with every reason when no set is left', async () => {
    const source = `${quiet('other')}
SEC("tracepoint/skep/no_such_point") int nowhere(void *ctx) { return 0; }
SEC("raw_tp/no_such_point_either") int neither(void *ctx) { return 0; }
`;
    const { probe, poller } = probeOf(source, { attach: [['nowhere'], ['neither']], streams });
    await probe.open();
    const error = await probe.attach().then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: 'SKEP_ATTACH' });
    expect(error.message).toContain('none of the 2 attach sets');
    expect(error.remedy).toMatch(/nowhere: .*ENOENT[\s\S]*neither: /);
    await probe.close();
    await poller.close();
  });
});

/** A program is freed a grace period after its last user is gone, which on a busy machine takes its time. */
const FREED = { timeout: 60_000 };

describe.skipIf(noKernel)('what is closed', () => {
  it('leaves no program in the kernel, and no descriptor in the process', async ({ skip }) => {
    if (programNames() === undefined) skip('bpftool is not installed');
    const open = () => readdirSync('/proc/self/fd').length;
    const once_ = async () => {
      const { probe, poller } = probeOf(quiet('closes_well'), { attach: [['closes_well']], streams });
      await probe.open();
      await probe.attach();
      expect(programNames()).toContain('closes_well');
      await probe.finish();
      await probe.close();
      await probe.close();
      await poller.close();
    };
    await once_(); // libraries are loaded, a thread is started
    const before = open();
    for (let i = 0; i < 3; i++) await once_();
    // What else this process has open for a moment is no leak: that would be one for each of the three.
    await expect.poll(open, FREED).toBeLessThanOrEqual(before);
    await expect.poll(programNames, FREED).not.toContain('closes_well');
  });

  it('leaves the sampling clocks closed', async ({ skip }) => {
    const source = `${quiet('other')}
SEC("perf_event/cpu-clock:99") int samples(void *ctx) { return 0; }
`;
    const clocks = () =>
      spawnSync('ls', ['-l', `/proc/${process.pid}/fd`], { encoding: 'utf8' }).stdout.split('[perf_event]').length - 1;
    const { probe, poller } = probeOf(source, { attach: [['samples']], streams });
    try {
      await probe.open();
      await probe.attach().catch((error) => skip(`no cpu-clock here: ${error.message}`));
      expect(clocks()).toBeGreaterThan(0);
      await probe.finish();
      expect(clocks()).toBe(0);
    } finally {
      await probe.close();
      await poller.close();
    }
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('by %s during load leaves no program in the kernel', async (signal) => {
    expect(programNames()).not.toContain('killed_at_work');
    const folder = mkdtempSync(join(tmpdir(), 'skep-killed-'));
    const object = join(folder, 'x.bpf.o');
    writeFileSync(object, compile(quiet('killed_at_work')));
    const storm = new Storm();
    const child = spawn(process.execPath, inline(WORKER, object), {
      cwd: PACKAGE,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let isOver = false;
    // For as long as it takes: a busy machine may need seconds to start the process.
    const load = async () => {
      while (!isOver) await storm.run(100_000);
    };
    try {
      const stormy = load();
      await once(child.stdout, 'data');
      expect(programNames()).toContain('killed_at_work');
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([null, signal]);
      await expect.poll(programNames, FREED).not.toContain('killed_at_work');
      isOver = true;
      await stormy;
    } finally {
      isOver = true;
      child.kill('SIGKILL');
      storm.remove();
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(noKernel)('tracefs', () => {
  it('is mounted when it is not', ({ skip }) => {
    // In a mount namespace of its own, so that nobody else misses it.
    const code = `import { ensureTracefs } from '@skep/libbpf'; import { existsSync } from 'node:fs';
      const folder = ensureTracefs(); console.log(folder, existsSync(folder + '/events/syscalls'));`;
    const script = `umount -R /sys/kernel/debug 2>/dev/null; umount -R /sys/kernel/tracing || exit 77
      test ! -e /sys/kernel/tracing/events || exit 77; exec "$@"`;
    const args = ['--mount', 'sh', '-c', script, 'sh', process.execPath, ...inline(code)];
    const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', cwd: PACKAGE });
    if (status === null || status === 77) skip('tracefs cannot be unmounted here');
    expect(stderr).toBe('');
    expect(stdout).toBe('/sys/kernel/tracing true\n');
  });
});

/** A process of its own imports the package as it is built. */
const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

function inline(code: string, ...args: readonly string[]): string[] {
  return ['--input-type=module', '-e', code, '--', ...args];
}

const WORKER = `
import { readFileSync } from 'node:fs';
import { BatchBuilder } from '@skep/core';
import { ObjectProbe, Poller, readObject } from '@skep/libbpf';
const bytes = readFileSync(process.argv.at(-1));
const poller = new Poller();
const log = { debug() {}, info() {}, warn() {}, error() {} };
const definition = {
  attach: [['killed_at_work']],
  streams: { calls: { ring: 'events' } },
  options: { magic: { kind: 'integer', help: '', min: 0, max: 1e9 } },
};
const owner = { plugin: 'skep_killed', source: 'skep_killed' };
const file = { bytes, info: readObject(bytes) };
const probe = new ObjectProbe({ owner, definition, file, options: { magic: ${MAGIC} }, log, poller });
await probe.open();
await probe.attach();
const builder = new BatchBuilder(probe.schemas[0]);
for (let said = false; ; builder.reset()) {
  await poller.wait(10);
  if (probe.drain(builder) > 0 && !said) said = process.stdout.write('at work\\n');
}
`;
