import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, realpathSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { SelfTest } from '@skep/core';

export const selftest: readonly SelfTest[] = [
  {
    workload: ({ folder }) => {
      for (let i = 0; i < 13; i++) attempt(join(folder, `missing-${i}`));
      for (let i = 0; i < 7; i++) attempt(join(folder, `new-${i}`), 'w', 0o640);
    },
    expect: ({ opens }, { folder }) => {
      const rows = opens!.filter(({ pid, path }) => pid === process.pid && path.startsWith(folder));
      const failed = rows.filter(({ fd, err, mode }) => fd === -1 && err === 2 && mode === -1).length;
      const made = rows.filter(({ fd, err, mode }) => fd > 2 && err === 0 && mode === 0o640).length;
      return (failed === 13 && made === 7) || `expected 13 failed and 7 created, saw ${failed} and ${made}`;
    },
  },
  {
    name: 'failed with flags',
    options: { failed: true, flag_filter: ['O_EXCL', 'O_APPEND'] },
    workload: ({ folder }) => {
      const path = join(folder, 'file');
      for (const flags of ['wx', 'wx', 'r', 'a'] as const) attempt(path, flags);
      attempt(join(folder, 'missing'));
    },
    expect: ({ opens }, { folder }) => {
      const rows = opens!.filter(({ pid, path }) => pid === process.pid && path.startsWith(folder));
      return (rows.length === 1 && rows[0].err === 17) || `expected one EEXIST, saw ${rows.length} rows`;
    },
  },
  {
    name: 'full paths',
    options: { full_path: true },
    workload: ({ folder }) => {
      const deep = join(folder, ...Array(40).fill('d'));
      mkdirSync(deep, { recursive: true });
      symlinkSync(folder, join(folder, 'link'));
      attempt(join(deep, 'deep'), 'w');
      attempt(join(folder, 'link', 'made'), 'w');
      attempt(relative(process.cwd(), join(folder, 'missing')));
      spawnSync('/bin/sh', ['-c', ': < /; : > here; : < ./gone'], { cwd: folder });
    },
    expect: ({ opens }, { folder }) => {
      const seen = new Set(opens!.map(({ path }) => path));
      const real = realpathSync(folder);
      const cwd = process.cwd();
      const wanted = [
        `${real}${'/d'.repeat(40)}/deep`,
        `${real}/made`,
        `${cwd === '/' ? '' : cwd}/${relative(cwd, join(folder, 'missing'))}`,
        '/',
        `${real}/here`,
        `${real}/./gone`,
      ];
      const missing = wanted.filter((path) => !seen.has(path));
      return missing.length === 0 || `not seen: ${missing.join(' ')}`;
    },
  },
  {
    name: 'callers',
    options: { callers: true },
    workload: ({ folder }) => attempt(join(folder, 'missing')),
    expect: ({ opens }, { folder }) => {
      const row = opens!.find(({ path }) => path === join(folder, 'missing'));
      // Whatever the C library calls it, and whoever calls that.
      return /open/.test(row?.callers.at(-1) ?? '') || `the stack of the call is ${row?.callers.join(' < ')}`;
    },
  },
  {
    name: 'every call',
    workload: ({ folder, skip }) => {
      if (process.arch !== 'x64') skip('system calls by their x86-64 numbers');
      // open(), creat(), openat2() with a struct open_how, and a name longer than most: all fail or close at once.
      const script = `$d = shift; $how = pack("QQQ", 0102, 0604, 0); $at = -100; syscall(2,"$d/open",0102,0600); syscall(85,"$d/creat",0640);
        syscall(437, $at, "$d/openat2", $how, 24); syscall(2,"$d/" . "x/" x 1500 . "\\n\\x1b[31m",0)`;
      const { error } = spawnSync('perl', ['-e', script, folder]);
      if (error) skip('no perl');
    },
    expect: ({ opens }, { folder }) => {
      const modeOf = (name: string) => opens!.find(({ path }) => path === `${folder}/${name}`)?.mode;
      const long = opens!.some(({ path, err }) => path === `${folder}/${'x/'.repeat(1500)}\n\x1b[31m` && err === 2);
      const modes = ['open', 'creat', 'openat2'].map(modeOf);
      return (long && String(modes) === '384,416,388') || `modes ${modes}, long name ${long ? '' : 'not '}seen`;
    },
  },
];

function attempt(path: string, flags = 'r', mode?: number): void {
  try {
    closeSync(openSync(path, flags, mode));
  } catch {} // a failed open is what is asked for
}
