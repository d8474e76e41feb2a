import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HANDLERS } from './threads.js';

/** What the bytes in threads.ts stand for; the address is 0 there. */
const LISTINGS = [
  [
    'x64',
    'x86_64-linux-gnu',
    `push %rbx
    movabs $0, %rbx
    mov (%rbx), %rax
    mov 8(%rbx), %rdi
    mov 16(%rbx), %rsi
    mov 24(%rbx), %rdx
    mov 32(%rbx), %r10
    mov 40(%rbx), %r8
    syscall
    lock incl 48(%rbx)
    pop %rbx
    ret
    mov $15, %eax
    syscall`,
  ],
  [
    'arm64',
    'aarch64-linux-gnu',
    `ldr x9, 2f
    ldr x8, [x9]
    ldp x0, x1, [x9, #8]
    ldp x2, x3, [x9, #24]
    ldr x4, [x9, #40]
    svc #0
    add x10, x9, #48
    1: ldaxr w11, [x10]
    add w11, w11, #1
    stlxr w12, w11, [x10]
    cbnz w12, 1b
    ret
    2: .xword 0`,
  ],
] as const;

describe('the handler that every thread runs', () => {
  it.each(LISTINGS)('is what an assembler makes of its listing, on %s', (arch, target, listing) => {
    const folder = mkdtempSync(join(tmpdir(), 'skep-threads-'));
    try {
      const path = (name: string) => join(folder, name);
      writeFileSync(path('x.s'), `${listing}\n`);
      const assemble = ['clang', `--target=${target}`, '-c', path('x.s'), '-o', path('x.o')];
      const copy = ['llvm-objcopy', '-O', 'binary', '-j', '.text', path('x.o'), path('x.bin')];
      for (const [program, ...args] of [assemble, copy]) {
        const { status, stderr } = spawnSync(program!, args, { encoding: 'utf8' });
        expect([status, stderr]).toEqual([0, '']);
      }
      expect(readFileSync(path('x.bin')).toString('hex')).toBe(HANDLERS[arch]!.code.replaceAll(' ', ''));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
