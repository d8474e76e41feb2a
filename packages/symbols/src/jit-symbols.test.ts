import { chownSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { JitSymbols, parsePerfMap } from './jit-symbols.js';
import { noCompiler, TestProgram } from './program-fixture.js';
import { SystemSymbolizer } from './symbolizer.js';

const utf8 = new TextEncoder();

describe('a map of a JIT', () => {
  it('has names for places, the last one written where two begin at one', () => {
    const table = parsePerfMap(utf8.encode('1000 20 LazyCompile:~a file.js:1\n0x1020 0x10 b\nnothing\n1000 8 c d\n'));
    expect([0x1000, 0x1007, 0x1008, 0x1025, 0x1030].map((at) => table.find(at)?.name)).toEqual([
      'c d',
      'c d',
      undefined,
      'b',
      undefined,
    ]);
  });
});

/** Says where memory of its own is that code may be in. */
const JIT = `
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void)
{
	char c;
	void *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("%p %p\\n", code, code);
	fflush(stdout);
	return read(0, &c, 1) < 0;
}
`;

describe.skipIf(noCompiler || process.getuid?.() !== 0)('names of a JIT', () => {
  const files: string[] = [];
  let program: TestProgram | undefined;
  afterEach(async () => {
    for (const file of files.splice(0)) rmSync(file, { force: true });
    await program?.remove();
  });

  async function started() {
    program = new TestProgram([], JIT);
    const { pid, addresses } = await program.start();
    const path = `/tmp/perf-${pid}.map`;
    files.push(path, `${path}.other`);
    const names = () => new SystemSymbolizer({ warn() {} }).user(pid, BigUint64Array.of(addresses[0]! + 4n), 'names');
    return { pid, path, names, line: `${addresses[0]!.toString(16)} 40 LazyCompile:*hot;loop app.js:3\n` };
  }

  it('come from its own file, without what separates frames', async () => {
    const { path, names, line } = await started();
    expect(names()).toEqual(['[unknown]']);
    writeFileSync(path, line);
    expect(names()).toEqual(['LazyCompile:*hot:loop app.js:3']);
  });

  it('do not come from a file of somebody else, or one that it is led to', async () => {
    const { pid, path, names, line } = await started();
    writeFileSync(path, line);
    chownSync(path, 65534, 65534);
    expect(names()).toEqual(['[unknown]']);
    rmSync(path);
    writeFileSync(`${path}.other`, line);
    symlinkSync(`${path}.other`, path);
    expect(names()).toEqual(['[unknown]']);
    expect(new JitSymbols(pid).refresh()).toBe(false);
  });
});
