import type { SkepError, SkepErrors } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { compileErrors, isBehindText } from './diagnostics.js';

const text = `#include <linux/nothing.h>
BPF_HASH(counts);
TRACEPOINT_PROBE(sched, sched_switch) { return args->nix; }
int f(void *ctx) { char *ö = "ü"; return y; }
`;
const program = { text, file: 'my.c' };

const placesOf = (error: SkepError) =>
  ('errors' in error ? (error as SkepErrors).errors : [error]).map(
    ({ code, message, remedy, location }) =>
      `${location?.file}:${location?.line}:${location?.column}+${location?.length} ${code}: ${message}${remedy === '' ? '' : ` [${remedy}]`}`,
  );

describe('what the compiler says', () => {
  it('becomes errors at the places of the text', () => {
    const output = `program.c:4:44: error: use of undeclared identifier 'y'; did you mean 'f'?
int f(void *ctx) { char *ö = "ü"; return y; }
                                         ^~~~
                                         f
program.c:4:5: note: 'f' declared here
int f(void *ctx) { char *ö = "ü"; return y; }
    ^
1 error generated.
`;
    // The compiler counts bytes: two letters before the place have two each.
    expect(placesOf(compileErrors(program, output))).toEqual([
      "my.c:4:42+4 SKEP_COMPILE: use of undeclared identifier 'y'; did you mean 'f'? ['f' declared here (line 4)]",
    ]);
  });

  it('is looked for where it really stands, when libbcc has inserted lines before it', () => {
    const output = `program.c:14:52: error: no member named 'nix'
TRACEPOINT_PROBE(sched, sched_switch) { return args->nix; }
                                               ~~~~  ^
`;
    expect(placesOf(compileErrors(program, output))).toEqual(["my.c:3:52+1 SKEP_COMPILE: no member named 'nix'"]);
  });

  it('in a header points at the line that includes it', () => {
    const output = `In file included from program.c:1:
/usr/src/linux/nothing.h:7:1: error: expected ';'
x y
^
`;
    expect(placesOf(compileErrors(program, output))).toEqual([
      "my.c:1:1+1 SKEP_COMPILE: expected ';' (in /usr/src/linux/nothing.h:7:1)",
    ]);
  });

  it('of a header that is not there has a remedy', () => {
    const output = `program.c:1:10: fatal error: 'linux/nothing.h' file not found
#include <linux/nothing.h>
         ^~~~~~~~~~~~~~~~~
`;
    expect(placesOf(compileErrors(program, output))).toEqual([
      "my.c:1:10+17 SKEP_COMPILE: 'linux/nothing.h' file not found [the kernel headers do not have it]",
    ]);
  });

  it('is put where the caller says, when the text is part of another file', () => {
    const place = (line: number, column: number, length: number) => ({
      file: 'a.yaml',
      line: line + 10,
      column: column + 6,
      text: '',
      length,
    });
    const error = compileErrors({ text, place }, 'program.c:2:10: error: bad\nBPF_HASH(counts);\n         ^\n');
    expect(placesOf(error)).toEqual(['a.yaml:12:16+1 SKEP_COMPILE: bad']);
  });

  it.each([
    ['Unable to find kernel headers. Try rebuilding', 'SKEP_LIBRARY', 'there are no kernel headers'],
    ['could not open bpf map: counts, error: Operation not permitted', 'SKEP_PERMISSION', 'refused table "counts"'],
    ['could not open bpf map: counts, error: Argument list too long', 'SKEP_COMPILE', 'refused table "counts"'],
    ['LLVM ERROR: something', 'SKEP_COMPILE', 'LLVM ERROR: something'],
  ])('without a place is understood all the same: %s', (output, code, message) => {
    const error = compileErrors(program, output);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('is no fault of the text when all of it stands behind the text', () => {
    const behind = 'program.c:6:21: error: variable has incomplete type\n';
    expect(isBehindText(program, behind)).toBe(true);
    expect(isBehindText(program, `${behind}program.c:2:1: error: bad\n`)).toBe(false);
    expect(isBehindText(program, '')).toBe(false);
  });
});
