import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemSymbolizer } from './index.js';
import { nextAddresses, noCompiler, TestProgram } from './program-fixture.js';

const programs: TestProgram[] = [];
const warnings: string[] = [];

function made(...args: ConstructorParameters<typeof TestProgram>): TestProgram {
  const program = new TestProgram(...args);
  programs.push(program);
  return program;
}

function symbolizer(): SystemSymbolizer {
  return new SystemSymbolizer({ warn: (text) => void warnings.push(text) });
}

afterEach(async () => {
  for (const program of programs.splice(0)) await program.remove();
});

/** The addresses innermost first, and where a call of the second one returns to. */
function stack(addresses: readonly bigint[]): BigUint64Array {
  return BigUint64Array.of(addresses[0]! + 2n, addresses[1]! + 5n);
}

describe.skipIf(noCompiler)('user addresses', () => {
  it('have the names of functions, and the places in them', async () => {
    const { pid, addresses } = await made().start();
    const names = symbolizer();
    expect(names.user(pid, stack(addresses), 'names')).toEqual(['first_function', 'second_function']);
    expect(names.user(pid, stack(addresses), 'places')).toEqual([
      'first_function+0x2 [busy]',
      'second_function+0x5 [busy]',
    ]);
  });

  it('belong to the function that called, where the next one begins at the return address', async () => {
    const { pid, addresses } = await made().start();
    const [first] = addresses as [bigint];
    const whole = symbolizer().user(pid, BigUint64Array.of(first, first), 'names');
    expect(whole[0]).toBe('first_function');
    expect(whole[1]).not.toBe('first_function');
  });

  it('have names at fixed addresses too', async () => {
    const { pid, addresses } = await made(['-no-pie']).start();
    expect(symbolizer().user(pid, stack(addresses), 'names')).toEqual(['first_function', 'second_function']);
  });

  it('are places in their file when it has no symbols', async () => {
    const program = made();
    execFileSync('strip', [program.path]);
    const { pid, addresses } = await program.start();
    for (const name of symbolizer().user(pid, stack(addresses), 'names'))
      expect(name).toMatch(/^\[busy\+0x[0-9a-f]+\]$/);
  });

  it('have the exported names of a stripped file', async () => {
    const program = made(['-rdynamic']);
    execFileSync('strip', [program.path]);
    const { pid, addresses } = await program.start();
    expect(symbolizer().user(pid, stack(addresses), 'names')[0]).toBe('first_function');
  });

  it.skipIf(process.getuid?.() !== 0)('have the names of a file that was deleted', async () => {
    const program = made();
    const { pid, addresses } = await program.start();
    rmSync(program.path);
    expect(symbolizer().user(pid, stack(addresses), 'names')).toEqual(['first_function', 'second_function']);
  });

  it.skipIf(process.getuid?.() !== 0)('have the names of a file that only its mount namespace has', async () => {
    const program = made(['-static']);
    const script = `mount -t tmpfs none /mnt && cp ${program.path} /mnt/inside && exec /mnt/inside`;
    const { pid, addresses } = await program.start(['unshare', '-m', 'sh', '-c', script]);
    expect(symbolizer().user(pid, stack(addresses), 'places')[0]).toBe('first_function+0x2 [inside]');
    expect(spawnSync('test', ['-e', '/mnt/inside']).status).toBe(1);
  });

  it('are named anew after execve, which keeps the id and moves everything', async () => {
    const { child, pid, addresses } = await made().start();
    const names = symbolizer();
    expect(names.user(pid, stack(addresses), 'names')[0]).toBe('first_function');
    child.stdin!.write('e');
    const moved = await nextAddresses(child);
    expect(moved).not.toEqual(addresses);
    expect(names.user(pid, stack(moved), 'names')).toEqual(['first_function', 'second_function']);
    expect(names.user(pid, BigUint64Array.of(addresses[0]!), 'names')).toEqual(['[unknown]']);
  });

  it('keep the names they had when the process has ended, and have none when it was never seen', async () => {
    const { child, pid, addresses } = await made().start();
    const names = symbolizer();
    names.user(pid, stack(addresses), 'names');
    const ended = once(child, 'exit');
    child.stdin!.end();
    await ended;
    expect(names.user(pid, stack(addresses), 'names')).toEqual(['first_function', 'second_function']);
    expect(symbolizer().user(pid, stack(addresses), 'names')).toEqual(['[unknown]', '[unknown]']);
  });

  it('have the names of the page that the kernel maps', async () => {
    const source = `#include <stdio.h>
#include <sys/auxv.h>
#include <unistd.h>
int main(void) { unsigned char *v = (void *)getauxval(33); char c;
  /* the first entry of .dynsym that is a function, found as the dynamic linker would */
  printf("%p %p\\n", v, v); fflush(stdout); return read(0, &c, 1) < 0; }`;
    const { pid, addresses } = await made([], source).start();
    const found = new Set<string>();
    const page = BigUint64Array.from({ length: 0x2000 / 16 }, (_, i) => addresses[0]! + BigInt(i * 16));
    for (const name of symbolizer().user(pid, page, 'names')) found.add(name);
    expect([...found].join(' ')).toMatch(/clock_gettime/);
  });
});

describe('kernel addresses', () => {
  it.skipIf(process.getuid?.() !== 0)('have the names of this kernel', () => {
    const names = symbolizer();
    const line = execFileSync('grep', ['-m1', ' T schedule$', '/proc/kallsyms'], { encoding: 'utf8' });
    const address = BigInt(`0x${line.split(' ')[0]}`);
    if (address === 0n) return expect(names.kernel(BigUint64Array.of(1n), 'names')).toEqual(['[unknown]']);
    expect(names.kernel(BigUint64Array.of(address, address + 8n, 5n), 'places')).toEqual([
      'schedule+0x0 [kernel]',
      'schedule+0x8 [kernel]',
      '[unknown]',
    ]);
  });
});
