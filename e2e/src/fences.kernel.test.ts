// Code of packages that misbehaves: it is refused, or fenced, named and counted, and the agent goes on.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { ROOT } from './support/paths.js';
import { accountOf, runSkep, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';
import { emptyFolder, remove } from './support/stranger.js';

const CORE = pathToFileURL(createRequire(import.meta.url).resolve('@skep/core')).href;
const MISSING = '/skep-e2e/no/such/file';

/** The tools are found beside skep; what a test installs is its own. */
function ownFolder(): string {
  const folder = emptyFolder();
  onTestFinished(() => remove(folder));
  return folder;
}

function packageIn(folder: string, name: string, code: string): string {
  const root = join(folder, 'node_modules', name);
  mkdirSync(root, { recursive: true });
  const manifest = { name, version: '1.0.0', type: 'module', exports: './index.js' };
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(root, 'index.js'), code);
  return root;
}

it('a sink that throws, in its calls and in a timer of its own, is named and counted; the others get everything', async () => {
  const storm = new Storm(MISSING);
  const folder = ownFolder();
  packageIn(
    folder,
    'skep-sink-shaky',
    `import { defineSink } from '${CORE}';
export default defineSink({
  create() {
    const timer = setInterval(() => null.loose, 10);
    return {
      async open() {},
      write() { throw new TypeError('write is broken'); },
      async flush() {},
      async close() { clearInterval(timer); throw new Error('close is broken'); },
    };
  },
});\n`,
  );
  const file = join(folder, 'skep.yaml');
  writeFileSync(
    file,
    `version: 1
plugins: { opens: { use: opensnoop, options: { pid: ${storm.pid} } } }
sinks: { good: { use: stdout, format: json }, bad: shaky }\n`,
  );
  const skep = startSkep(['run', file]);
  await skep.attached();
  await storm.open(1000);
  await skep.until('both faults are named', () =>
    ['sink bad threw outside of its calls (1 in all)', 'write is broken'].every((text) => skep.stderr.includes(text)),
  );
  skep.kill('SIGINT');
  const { code, stdout, stderr } = await skep.ended;
  expect(stdout.trim().split('\n')).toHaveLength(1000);
  expect(accountOf(stderr, 'opens.opens -> good')).toMatchObject({ attempted: 1000, delivered: 1000, lost: 0 });
  expect(accountOf(stderr, 'opens.opens -> bad')).toMatchObject({
    attempted: 1000,
    delivered: 0,
    losses: { 'refused by the sink': 1000 },
  });
  expect(stderr).toMatch(/sink bad: \d+ errors? outside of its calls/);
  expect(stderr).toContain('sink bad failed: close is broken');
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(code).toBe(0);
});

it('a sink that cannot even be made is named, and nothing is attached', async () => {
  const folder = ownFolder();
  packageIn(
    folder,
    'skep-sink-stillborn',
    `import { defineSink } from '${CORE}';
export default defineSink({ create() { return undefined.x; } });\n`,
  );
  const file = join(folder, 'skep.yaml');
  writeFileSync(file, 'version: 1\nplugins: { opens: opensnoop }\nsinks: { out: stillborn }\n');
  const { code, stderr } = await runSkep(['run', file]);
  expect(stderr).toMatch(/^error\[SKEP_PLUGIN\]: sink out failed: Cannot read properties of undefined/m);
  expect(stderr).toContain('tell its author');
  expect(code).toBe(1);
});

it('a plugin that changes what it traces is refused at its place in the file, until it is allowed by name', async () => {
  const folder = ownFolder();
  const root = packageIn(
    folder,
    'skep-plugin-killer',
    `import { definePlugin, objectFile } from '${CORE}';
export default definePlugin({
  object: objectFile(new URL('./killer.bpf.o', import.meta.url)),
  attach: [['enter']],
  streams: { kills: { ring: 'events', table: [{ field: 'pid', width: 6 }] } },
  selftest: [],
});\n`,
  );
  const source = join(folder, 'killer.bpf.c');
  writeFileSync(
    source,
    `#include <skep/probe.bpf.h>
struct killer_event { skep_ktime_t time; __u32 pid; };
SKEP_RING(events, struct killer_event, 4096);
SEC("raw_tp/sys_enter") int enter(void *ctx) {
  if (bpf_get_current_pid_tgid() >> 32 != 0xffffffff) return 0;
  bpf_send_signal(9);
  struct killer_event *e = skep_reserve(events);
  if (!e) return 0;
  e->time = bpf_ktime_get_boot_ns();
  e->pid = 1;
  skep_submit(events, e);
  return 0;
}
`,
  );
  const include = join(ROOT, 'packages/libbpf/include');
  const flags = [
    '--target=bpf',
    '-O2',
    '-g',
    '-mcpu=v3',
    `-D__TARGET_ARCH_${process.arch === 'x64' ? 'x86' : process.arch}`,
  ];
  execFileSync('clang', [...flags, '-I', include, '-c', source, '-o', join(root, 'killer.bpf.o')]);
  const file = join(folder, 'skep.yaml');
  const write = (allow: string) =>
    writeFileSync(file, `version: 1\nplugins:\n  k: { use: killer${allow} }\nsinks: { out: stdout }\n`);
  write('');
  const refused = await runSkep(['check', file]);
  expect(refused.stderr).toContain(
    'error[SKEP_HELPER]: plugin killer calls bpf_send_signal, which changes what is traced',
  );
  expect(refused.stderr).toContain(`${file}:3:13`);
  expect(refused.code).toBe(2);
  const tool = await runSkep(['killer', '--duration', '1s'], { cwd: folder });
  expect([tool.code, tool.stderr]).toEqual([2, expect.stringContaining('--allow bpf_send_signal')]);
  write(', allow: [bpf_send_signal]');
  expect(await runSkep(['check', file])).toMatchObject({ code: 0 });
  const allowed = await runSkep(['killer', '--allow', 'bpf_send_signal', '--duration', '500ms'], { cwd: folder });
  expect([allowed.code, allowed.stderr]).toEqual([0, expect.not.stringContaining('error')]);
});

it('a package is pinned by what skep info prints', async () => {
  const folder = ownFolder();
  const root = packageIn(
    folder,
    'skep-sink-plain',
    `import { defineSink } from '${CORE}';
export default defineSink({ create: () => ({ async open() {}, async write() {}, async flush() {}, async close() {} }) });\n`,
  );
  const { stdout } = await runSkep(['info', 'plain', '--integrity'], { cwd: folder });
  const file = join(folder, 'skep.yaml');
  const yaml = `version: 1
plugins: { opens: opensnoop }
sinks:
  out: { use: plain, integrity: ${stdout.trim()} }\n`;
  writeFileSync(file, yaml);
  expect(await runSkep(['check', file])).toMatchObject({ code: 0 });
  writeFileSync(join(root, 'index.js'), 'process.stdout.write("it ran");\n');
  const changed = await runSkep(['check', file]);
  expect(changed.stderr).toContain(
    'error[SKEP_INTEGRITY]: sink plain (skep-sink-plain 1.0.0) is not the package that was pinned',
  );
  expect(changed.stdout).not.toContain('it ran');
  expect(changed.code).toBe(2);
});
