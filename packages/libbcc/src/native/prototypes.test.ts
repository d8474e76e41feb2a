// The prototypes and structs that are given to koffi, held against the installed headers of libbcc: a wrong one would not
// fail, it would read and write the wrong bytes.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expectSamePrototype, parsePrototype } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import { MODULE_PROTOTYPES } from './module.js';
import { SYMBOL_PROTOTYPES } from './symbols.js';

const FOLDER = '/usr/include/bcc';
const HEADERS = ['bcc_common.h', 'bcc_syms.h', 'bcc_proc.h', 'bcc_usdt.h'].map((name) => `${FOLDER}/${name}`);
const missing = HEADERS.every((path) => existsSync(path)) ? '' : ' (skipped: libbpfcc-dev is not installed)';

function declarations(): ReadonlyMap<string, string> {
  const text = HEADERS.map((path) => readFileSync(path, 'utf8'))
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*|^\s*#.*/gm, '');
  const found = new Map<string, string>();
  for (const [, declaration = '', name = ''] of text.matchAll(/^((?:[\w]+[\s*]+)+(\w+)\([^();]*\))\s*;/gm)) {
    // `const char *cflags[]` is a pointer to pointers.
    found.set(name, declaration.replace(/\s+/g, ' ').replace(/const char ?\*(\w+)\[\]/g, 'const char **$1'));
  }
  return found;
}

describe.skipIf(missing)(`prototypes of libbcc${missing}`, () => {
  const declared = missing ? new Map<string, string>() : declarations();
  const all = [...MODULE_PROTOTYPES, ...SYMBOL_PROTOTYPES];

  it('are found in the headers', () => {
    expect(declared.size).toBeGreaterThan(60);
  });

  it.each(all.map((text) => [parsePrototype(text).name, text] as const))('%s', (name, text) => {
    const header = declared.get(name);
    expect(header, `${name} is not declared in ${FOLDER}`).toBeDefined();
    // What it frees is a text of C's, which koffi must not take for one of JavaScript's.
    expectSamePrototype(text, name === 'bcc_procutils_free' ? header!.replace('const char *', 'void *') : header!);
  });
});

const noCompiler = spawnSync('clang', ['--version']).error ? ' (skipped: clang is not installed)' : '';

describe.skipIf(missing || noCompiler)(`structs of libbcc${missing || noCompiler}`, () => {
  it.each([
    ['bcc_symbol', 32, { module: 16, offset: 24 }],
    ['bcc_symbol_option', 16, { use_debug_file: 0, check_debug_file_crc: 4, lazy_symbolize: 8, use_symbol_type: 12 }],
    [
      'bcc_usdt',
      48,
      { provider: 0, name: 8, bin_path: 16, num_locations: 32, num_arguments: 36, semaphore_offset: 40 },
    ],
    ['bcc_usdt_location', 16, { address: 0 }],
    [
      'bcc_usdt_argument',
      56,
      {
        size: 0,
        valid: 4,
        constant: 8,
        deref_offset: 16,
        deref_ident: 24,
        base_register_name: 32,
        index_register_name: 40,
        scale: 48,
      },
    ],
  ])('%s has the places that are read', (name, size, offsets) => {
    const checks = Object.entries(offsets).map(
      ([member, offset]) => `_Static_assert(offsetof(struct ${name}, ${member}) == ${offset}, "${member}");`,
    );
    const lines = ['stddef.h', 'stdbool.h', 'stdint.h', 'bcc/bcc_syms.h', 'bcc/bcc_usdt.h'].map(
      (file) => `#include <${file}>`,
    );
    const input = [...lines, `_Static_assert(sizeof(struct ${name}) == ${size}, "size");`, ...checks, ''].join('\n');
    expect(spawnSync('clang', ['-fsyntax-only', '-x', 'c', '-'], { input, encoding: 'utf8' }).stderr).toBe('');
  });
});
