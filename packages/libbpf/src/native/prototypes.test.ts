// The prototypes and structs that are given to koffi, held against the installed headers of libbpf: a wrong one would
// not fail, it would read and write the wrong bytes.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expectSamePrototype, parsePrototype } from '@skep/testing';
import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import { libbpf, PROTOTYPES } from './libbpf.js';

const FOLDER = '/usr/include/bpf';
const HEADERS = ['libbpf.h', 'bpf.h'].map((name) => `${FOLDER}/${name}`);
const missing = HEADERS.every((path) => existsSync(path)) ? '' : ' (skipped: libbpf-dev is not installed)';

/** Declarations of the header, comments and line breaks removed; those with function types are never ours. */
function declarations(): ReadonlyMap<string, string> {
  const text = HEADERS.map((path) => readFileSync(path, 'utf8'))
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\//g, '');
  const found = new Map<string, string>();
  for (const [, declaration = ''] of text.matchAll(/LIBBPF_API\s+([^;]*?\))\s*;/g)) {
    const name = /(\w+)\s*\(/.exec(declaration)?.[1];
    if (name !== undefined) found.set(name, declaration.replace(/\s+/g, ' '));
  }
  return found;
}

describe.skipIf(missing)(`prototypes of libbpf${missing}`, () => {
  const declared = missing ? new Map<string, string>() : declarations();

  it('are found in the headers', () => {
    expect(declared.size).toBeGreaterThan(100);
  });

  it.each(PROTOTYPES.map((text) => [parsePrototype(text).name, text] as const))('%s', (name, text) => {
    const header = declared.get(name);
    expect(header, `${name} is not declared in ${HEADERS.join(' or ')}`).toBeDefined();
    expectSamePrototype(text, header!);
  });
});

/** Structs of options: koffi's name, and libbpf's. */
const STRUCTS = [
  ['skep_object_open_opts', 'bpf_object_open_opts'],
  ['skep_uprobe_opts', 'bpf_uprobe_opts'],
  ['skep_kprobe_opts', 'bpf_kprobe_opts'],
  ['skep_prog_load_opts', 'bpf_prog_load_opts'],
] as const;

const noCompiler = spawnSync('clang', ['--version']).error ? ' (skipped: clang is not installed)' : '';

describe.skipIf(missing || noCompiler)(`structs of options${missing || noCompiler}`, () => {
  it.each(STRUCTS)('%s has the places and sizes of struct %s', (ours, theirs) => {
    libbpf(); // declares them
    const { members } = koffi.type(ours) as unknown as {
      members: Readonly<Record<string, { offset: number; type: { size: number } }>>;
    };
    // What libbpf has removed is a nameless gap in the header.
    const named = Object.entries(members).filter(([name]) => !name.startsWith('removed_'));
    const checks = named.map(([name, { offset, type }]) => {
      const member = `((struct ${theirs} *)0)->${name}`;
      return `_Static_assert(offsetof(struct ${theirs}, ${name}) == ${offset} && sizeof(${member}) == ${type.size}, "${name}");`;
    });
    expect(checks.length).toBeGreaterThan(3);
    // Members that later versions append are covered by `sz`.
    const end = `_Static_assert(sizeof(struct ${theirs}) >= ${koffi.sizeof(ours)}, "size");`;
    expect(refusals(['#include <stddef.h>', '#include <bpf/bpf.h>', '#include <bpf/libbpf.h>', ...checks, end])).toBe(
      '',
    );
  });

  it('are held against the header: a wrong offset is refused', () => {
    const wrong = '_Static_assert(offsetof(struct bpf_uprobe_opts, retprobe) == 4, "retprobe");';
    expect(refusals(['#include <stddef.h>', '#include <bpf/libbpf.h>', wrong])).toContain('retprobe');
  });
});

function refusals(lines: readonly string[]): string {
  const input = `${lines.join('\n')}\n`;
  return spawnSync('clang', ['-fsyntax-only', '-x', 'c', '-'], { input, encoding: 'utf8' }).stderr;
}
