// An author at work: `skep dev` while the source changes.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from './support/paths.js';
import { linesOf, runSkep, startSkep } from './support/skep.js';

it('builds, attaches and shows events anew at every change, and mistakes at their lines', async () => {
  const home = temporaryFolder();
  const made = await runSkep(['create', 'plugin', 'ends'], { cwd: home });
  expect(made.code, made.stderr).toBe(0);
  const source = join(home, 'skep-plugin-ends/src/ends.bpf.c');
  const good = readFileSync(source, 'utf8');
  const changed = (from: string, to: string) => {
    expect(good).toContain(from);
    return good.replace(from, to);
  };
  const dev = startSkep(['dev', 'skep-plugin-ends', '-x'], { cwd: home });
  // An event of this process, in a table whose header is of that shape.
  const seen = (header: RegExp) => () => {
    spawnSync('sh', ['-c', 'exit 7']);
    const lines = dev.lines;
    const at = lines.findLastIndex((line) => header.test(line));
    return at >= 0 && lines.slice(at).some((line) => / 1792 +sh$/.test(line));
  };
  await dev.until('an event of the first build', seen(/^TIME +PID +CODE +COMM$/));

  writeFileSync(source, changed('e->pid = pid;', 'e->pidd = pid;'));
  await dev.until('the mistake that clang finds', () =>
    /error\[SKEP_COMPILE\]: no member named 'pidd'.*\n +--> skep-plugin-ends\/src\/ends\.bpf\.c:26:5\n/.test(
      dev.stderr,
    ),
  );
  const before = dev.lines.length;
  await dev.until('what was attached goes on', () => {
    spawnSync('false');
    return dev.lines.length > before;
  });

  writeFileSync(source, changed('\tif (!e)\n\t\treturn 0;\n', ''));
  await dev.until('the fault that the verifier finds', () =>
    /error\[SKEP_ATTACH\]: .*verifier's last lines:\n(.*\n)+? +--> skep-plugin-ends\/src\/ends\.bpf\.c:2\d:2\n/.test(
      dev.stderr,
    ),
  );

  const column = changed('\t__u32 pid;\n', '\t__u32 pid;\n\t__u32 ppid SKEP_DOC("the process that started it");\n');
  writeFileSync(
    source,
    column.replace('\te->pid = pid;\n', '\te->pid = pid;\n\te->ppid = BPF_CORE_READ(task, real_parent, tgid);\n'),
  );
  await dev.until('an event with the new column', seen(/^TIME +PID +PPID +CODE +COMM$/));
  expect(linesOf(dev.stdout).filter((line) => line.startsWith('TIME'))).toHaveLength(2);

  dev.kill('SIGINT');
  expect((await dev.ended).code).toBe(0);
});
