import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SelfTest } from '@skep/core';

/** Arguments that must come through as they are: empty, blanks, quotes, control bytes, what is no ASCII. */
const HOSTILE = ['', 'a b', '"', "'", '\\', '\n\x1b[31m', '\u{1f41d}', '--'];

/** Arguments of the rows of our own children, as text that compares. */
function seenBy(rows: readonly { ppid: number; ret: number; args: readonly string[] }[]): string[] {
  return rows.filter(({ ppid }) => ppid === process.pid).map(({ ret, args }) => JSON.stringify([ret, ...args]));
}

function missing(seen: readonly string[], wanted: readonly (readonly (string | number)[])[]): boolean | string {
  const texts = wanted.map((args) => JSON.stringify(args));
  const gone = texts.find((text) => !seen.includes(text));
  if (gone !== undefined) return `not seen: ${gone.slice(0, 200)}`;
  return seen.length === wanted.length || `expected ${wanted.length} rows, saw ${seen.length}`;
}

export const selftest: readonly SelfTest[] = [
  {
    workload: ({ folder }) => {
      writeFileSync(join(folder, 'inner'), '#!/bin/sh -e\n:\n', { mode: 0o755 });
      writeFileSync(join(folder, 'outer'), `#!${join(folder, 'inner')}\n`, { mode: 0o755 });
      spawnSync('/bin/true', HOSTILE);
      spawnSync('/bin/true', ['x'], { argv0: 'renamed' });
      spawnSync('/bin/true', ['y'], { argv0: 'z'.repeat(100_000) });
      spawnSync(join(folder, 'inner'), ['-e', '1']);
      spawnSync(join(folder, 'outer'), ['2']);
      spawnSync('/bin/true', ['w'.repeat(100_000), 'v']);
      spawnSync('/bin/true', Array(19).fill('n'));
      spawnSync('/bin/true', Array(20).fill('n'));
    },
    expect: ({ execs }, { folder }) =>
      missing(seenBy(execs!), [
        [0, '/bin/true', ...HOSTILE],
        [0, '/bin/true', 'x'],
        [0, '/bin/true', 'y'],
        [0, join(folder, 'inner'), '-e', '1'],
        [0, join(folder, 'outer'), '2'],
        [0, '/bin/true', `${'w'.repeat(8192 - 4 - '/bin/true\0'.length)}...`],
        [0, '/bin/true', ...Array(19).fill('n')],
        [0, '/bin/true', ...Array(19).fill('n'), '...'],
      ]),
  },
  {
    name: 'failed calls',
    options: { fails: true, max_args: 9 },
    workload: ({ folder }) => {
      writeFileSync(join(folder, 'data'), 'no program');
      spawnSync(join(folder, 'missing'), HOSTILE);
      spawnSync(join(folder, 'missing'), Array(9).fill('n'));
      spawnSync(join(folder, 'data'), ['x'.repeat(100_000)]);
      spawnSync('/bin/true', ['ok']);
    },
    expect: ({ execs }, { folder }) =>
      missing(seenBy(execs!), [
        [-2, join(folder, 'missing'), ...HOSTILE],
        [-2, join(folder, 'missing'), ...Array(8).fill('n'), '...'],
        [-13, join(folder, 'data'), `${'x'.repeat(8192 - 5 - join(folder, 'data').length)}...`],
        [0, '/bin/true', 'ok'],
      ]),
  },
];
