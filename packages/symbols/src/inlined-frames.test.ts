import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { noCompiler, TestProgram } from './program-fixture.js';
import { SystemSymbolizer } from './symbolizer.js';

/** Says where a call returns to that is the last thing of a function inlined in one that is inlined in `outer`. */
const SOURCE = `
#include <stdio.h>
#include <unistd.h>
#define INLINE static inline __attribute__((always_inline))
__attribute__((noinline)) void *where(void) { __asm__ volatile(""); return __builtin_return_address(0); }
INLINE void *deepest(void) { return where(); }
INLINE void *middle(void) { void *at = deepest(); __asm__ volatile("nop; nop" : "+r"(at)); return at; }
__attribute__((noinline)) void *outer(void) { void *at = middle(); __asm__ volatile("nop" : "+r"(at)); return at; }
int main(void)
{
	char c;

	printf("%p\\n", outer());
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
}
`;

const CXX = SOURCE.replace('INLINE void *deepest(void)', 'namespace shop { struct Till { void *find(int); }; } $&')
  .replace(
    'INLINE void *deepest(void) { return where(); }',
    'inline __attribute__((always_inline)) void *shop::Till::find(int) { return where(); }',
  )
  .replace('deepest()', 'shop::Till().find(1)');

const FRAMES = ['deepest (inlined)', 'middle (inlined)', 'outer'];
const compilers = ['gcc', 'clang'].filter((name) => !spawnSync(name, ['--version']).error);
const noTools = noCompiler !== undefined || Boolean(spawnSync('objcopy', ['--version']).error);

describe.skipIf(noCompiler)('frames of functions that were inlined', () => {
  let program: TestProgram;
  afterEach(() => program.remove());

  /** The frames of the call, and those of the place that it returns to when nothing has been called. */
  async function frames(style: 'names' | 'places' = 'names', symbolizer = new SystemSymbolizer({ warn() {} })) {
    const { pid, addresses } = await program.start();
    const [at] = addresses as [bigint];
    return {
      call: symbolizer.user(pid, BigUint64Array.of(at - 1n), style),
      returning: symbolizer.user(pid, BigUint64Array.of(0n, at), style).slice(1),
      behind: symbolizer.user(pid, BigUint64Array.of(at), style),
    };
  }

  it.each(compilers.flatMap((compiler) => ['-gdwarf-4', '-gdwarf-5', '-gz'].map((flag) => ({ compiler, flag }))))(
    'come before the one that is there: $compiler $flag',
    async ({ compiler, flag }) => {
      program = new TestProgram(['-O2', '-g', flag], SOURCE, { compiler });
      const { call, returning, behind } = await frames();
      expect(call).toEqual(FRAMES);
      expect(returning).toEqual(FRAMES);
      // The call is the last thing of `deepest`: what it returns to is not in it any more.
      expect(behind).toEqual(FRAMES.slice(1));
    },
  );

  it('have the module, and no place in a function, in the style for people', async () => {
    program = new TestProgram(['-O2', '-g'], SOURCE);
    const { call } = await frames('places');
    expect(call).toEqual([
      'deepest (inlined) [busy]',
      'middle (inlined) [busy]',
      expect.stringMatching(/^outer\+0x[0-9a-f]+ \[busy\]$/),
    ]);
  });

  it('have the names of C++, as symbols have', async () => {
    program = new TestProgram(['-O2', '-g'], CXX, { language: 'c++' });
    expect((await frames()).call.slice(0, 2)).toEqual(['shop::Till::find (inlined)', 'middle (inlined)']);
  });

  it('are not there without debug information', async () => {
    program = new TestProgram(['-O2', '-g0'], SOURCE);
    const { call, behind } = await frames();
    expect([call, behind]).toEqual([['outer'], ['outer']]);
  });

  it.skipIf(noTools)('are those of the debug file of a stripped program', async () => {
    program = new TestProgram(['-O2', '-g', '-Wl,--build-id'], SOURCE);
    const debug = `${program.path}.debug`;
    execFileSync('objcopy', ['--only-keep-debug', '--compress-debug-sections', program.path, debug]);
    execFileSync('strip', [program.path]);
    execFileSync('objcopy', [`--add-gnu-debuglink=${debug}`, program.path]);
    const moved = join(program.folder, '.debug', 'busy.debug');
    mkdirSync(dirname(moved));
    renameSync(debug, moved);
    expect((await frames()).call).toEqual(FRAMES);
    const given = new SystemSymbolizer({ warn() {} }).withSymbolFiles([moved]) as SystemSymbolizer;
    expect((await frames('names', given)).call).toEqual(FRAMES);
  });

  it('are still those of a file that was deleted once it was read', async () => {
    program = new TestProgram(['-O2', '-g'], SOURCE);
    const { pid, addresses } = await program.start();
    const symbolizer = new SystemSymbolizer({ warn() {} });
    const at = BigUint64Array.of(addresses[0]! - 1n);
    expect(symbolizer.user(pid, at, 'names')).toEqual(FRAMES);
    rmSync(program.path);
    const later = BigUint64Array.of(addresses[0]! - 2n);
    expect(symbolizer.user(pid, later, 'names')).toEqual(FRAMES);
  });
});
