import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatError } from '@skep/core';
import { parseConfig } from '@skep/runner';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildPackage } from './build-package.js';

const C = `// SPDX-License-Identifier: GPL-2.0
// One record per process that ends.
#include <skep/probe.bpf.h>

const volatile bool opt_failed = false;

struct ends_event {
	__u32 pid;
	__u32 code SKEP_DOC("as wait(2) returns it");
};
SKEP_RING(events, struct ends_event, 4096);

struct task_struct___mine {
	int never_was;
} __attribute__((preserve_access_index));

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct ends_event *e = skep_reserve(events);

	if (!e)
		return 0;
	e->pid = BPF_CORE_READ(task, tgid);
	e->code = BPF_CORE_READ(task, exit_code);
	skep_submit(events, e);
	return 0;
}
`;
const JS = `import { definePlugin, option } from '@skep/core';
import object from './ends.bpf.js';

export default definePlugin({
  object,
  attach: [['on_exit']],
  streams: { ends: { ring: 'events' } },
  options: { failed: option.boolean('Only processes that failed') },
  selftest: { workload: () => undefined, expect: () => true },
});
`;
const README = '# ends: ends\n\n## Columns\n\n<!-- generated:columns -->\n<!-- /generated -->\n';
const MANIFEST = { name: 'skep-plugin-ends', version: '0.1.0', type: 'module', exports: './src/index.js' };

/** A package in JavaScript; each file may be given otherwise. */
function packageOf(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'skep-build-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'));
  const all = {
    'package.json': JSON.stringify(MANIFEST),
    'src/ends.bpf.c': C,
    'src/index.js': JS,
    'README.md': README,
  };
  for (const [path, text] of Object.entries({ ...all, ...files })) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const failureOf = (files: Readonly<Record<string, string>>): Promise<string> =>
  buildPackage(packageOf(files)).then(() => 'no error', formatError);

const edited = (from: string, to: string) => ({ 'src/ends.bpf.c': C.replace(from, to) });

describe('buildPackage', () => {
  it('compiles for both processors, asks the known kernels, and fills the tables of the README', async () => {
    const folder = packageOf();
    const { compiled, kernels, hasNewReadme, warnings } = await buildPackage(folder);
    for (const object of ['dist/ends.x64.bpf.o', 'dist/ends.arm64.bpf.o']) {
      expect(readFileSync(join(folder, object)).subarray(1, 4).toString()).toBe('ELF');
      expect(Object.values(compiled[0]!.objects)).toContain(object);
    }
    expect(kernels.map(({ verdict }) => verdict)).toEqual(kernels.map(() => 'possible'));
    expect(hasNewReadme).toBe(true);
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('| `code` | u32 | as wait(2) returns it |');
    expect(warnings).toContain('"license" is missing');
    expect((await buildPackage(folder)).hasNewReadme).toBe(false);
  });

  it('shows every mistake that clang finds at its line', async () => {
    const said = await failureOf(edited('e->pid = ', 'e->pidd = nothing + '));
    expect(said).toMatch(
      /error\[SKEP_COMPILE\]: no member named 'pidd'.*\n +--> .*src\/ends.bpf.c:24:5\n24 \| {2}e->pidd =/,
    );
    expect(said).toMatch(/error\[SKEP_COMPILE\]: use of undeclared identifier 'nothing'\n +--> .*ends.bpf.c:24:12/);
  });

  it('shows what TypeScript finds at its line', async () => {
    const files = { 'src/index.js': '', 'src/index.ts': JS.replace("ring: 'events'", "rung: 'events'") };
    expect(await failureOf(files)).toMatch(/error\[SKEP_COMPILE\]: .*'rung'.*\n +--> .*src\/index.ts:7:22\n/);
  });

  it.each([
    ['an option without variable', edited('opt_failed', 'opt_fialed'), 'option "failed" does nothing'],
    ['a program that no set names', edited('on_exit,', 'on_end,'), 'the object has no program "on_exit"'],
    ['a default of its own', edited('opt_failed = false', 'opt_failed = true'), 'have different defaults'],
    [
      'a record without columns',
      edited('__u32 pid;', '__u32 pid : 16;'),
      'member "pid" of struct ends_event is a bit field',
    ],
    [
      'a member that no kernel has',
      edited('BPF_CORE_READ(task, tgid)', 'BPF_CORE_READ((struct task_struct___mine *)task, never_was)'),
      'none of the known kernels takes ends; sid: on_exit: reads what this kernel lacks: ',
    ],
    ['a tracepoint that no kernel has', edited('sched_process_exit', 'sched_never'), 'none of the known kernels takes'],
  ])('refuses %s', async (_, files, said) => {
    expect(await failureOf(files)).toContain(said);
  });

  it('refuses helpers that change what they watch, at the line of the call, until the package admits them', async () => {
    const files = edited('skep_submit(events, e);', 'bpf_send_signal(9);\n\tskep_submit(events, e);');
    expect(await failureOf(files)).toMatch(
      /error\[SKEP_PLUGIN\]: bpf_send_signal\(\) changes what it watches\n +--> .*ends.bpf.c:26:2\n26 \| {2}bpf_send_signal\(9\)/,
    );
    const admitted = JSON.stringify({ ...MANIFEST, skep: { helpers: ['bpf_send_signal'] } });
    const folder = packageOf({ ...files, 'package.json': admitted });
    await buildPackage(folder);
    const config = (more: string) =>
      parseConfig(`version: 1\nplugins: { ends: { use: ./${more} } }\n`, join(folder, 'skep.yaml'));
    await expect(config('')).rejects.toMatchObject({
      code: 'SKEP_HELPER',
      message: expect.stringContaining('bpf_send_signal'),
    });
    await expect(config(', allow: [bpf_send_signals]')).rejects.toMatchObject({ code: 'SKEP_CONFIG' });
    await expect(config(', allow: [bpf_send_signal]')).resolves.toMatchObject({
      plugins: [{ allow: ['bpf_send_signal'] }],
    });
  });

  it('says what a folder without a package lacks', async () => {
    expect(await failureOf({ 'package.json': '{}' })).toContain('has no package.json with a name');
    expect(await failureOf({ 'package.json': '{"name": "skep-sink-ends"}' })).toContain('skep-sink-ends');
  });
});
