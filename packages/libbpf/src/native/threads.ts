import { readdirSync } from 'node:fs';
import { SkepError } from '@skep/core';
import { libc, mapAnonymous, PROT_EXEC, PROT_READ, pageSize, viewMemory } from './libc.js';

/**
 * A signal handler that makes one system call, its number and arguments taken from memory, and counts that it is done:
 *
 *     x64                                   arm64
 *     push  %rbx                            ldr   x9, block
 *     movabs $block, %rbx                   ldr   x8, [x9]
 *     mov   (%rbx), %rax                    ldp   x0, x1, [x9, #8]
 *     mov   8(%rbx), %rdi                   ldp   x2, x3, [x9, #24]
 *     mov   16(%rbx), %rsi                  ldr   x4, [x9, #40]
 *     mov   24(%rbx), %rdx                  svc   #0
 *     mov   32(%rbx), %r10                  add   x10, x9, #48
 *     mov   40(%rbx), %r8                1: ldaxr w11, [x10]
 *     syscall                               add   w11, w11, #1
 *     lock incl 48(%rbx)                    stlxr w12, w11, [x10]
 *     pop   %rbx                            cbnz  w12, 1b
 *     ret                                   ret
 *
 * `block` is 8 bytes at `addressAt`; x64 also wants the return from a handler (`mov $15, %eax; syscall`), at `restorerAt`.
 */
interface Handler {
  readonly code: string;
  readonly addressAt: number;
  readonly restorerAt: number | undefined;
  readonly numbers: Readonly<Record<'capset' | 'prctl' | 'rt_sigaction' | 'tgkill', number>>;
}

/** A test assembles the listing and compares. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  x64: {
    code: '53 48bb0000000000000000 488b03 488b7b08 488b7310 488b5318 4c8b5320 4c8b4328 0f05 f0ff4330 5b c3 b80f000000 0f05',
    addressAt: 3,
    restorerAt: 42,
    numbers: { capset: 126, prctl: 157, rt_sigaction: 13, tgkill: 234 },
  },
  arm64: {
    code: '89010058 280140f9 208540a9 228d41a9 241540f9 010000d4 2ac10091 4bfd5f88 6b050011 4bfd0c88 acffff35 c0035fd6 0000000000000000',
    addressAt: 48,
    restorerAt: undefined,
    numbers: { capset: 91, prctl: 167, rt_sigaction: 134, tgkill: 131 },
  },
};

/**
 * glibc's own signal for setuid(2) on every thread. It is borrowed for a moment because no other reaches all of them:
 * Node's inspector thread blocks every signal that glibc lets it block.
 */
const SIGSETXID = 33;
const SA_RESTORER = 0x04000000n;
const SA_RESTART = 0x10000000n;
const WAIT_MS = 10_000;

/** Bytes from the start of the block to what a system call may point to. */
const ARGUMENTS_AT = 64;

/**
 * System calls made by every thread of this process. Capabilities, no_new_privs and the keeping of capabilities belong
 * to a thread, and the C library spreads setuid(2) and its like only; this does for others what libpsx of libcap does.
 * @see psx_syscall(3), nptl(7)
 */
export class Threads {
  private readonly handler: Handler;
  private readonly block: bigint;
  private readonly code: bigint;
  private readonly words: BigUint64Array;
  private readonly count: Int32Array;
  /** Memory for what arguments point to, at `pointer`. */
  readonly memory: DataView;
  readonly pointer: bigint;

  /** @throws SkepError SKEP_PERMISSION when this machine has no way to do it. */
  constructor() {
    const handler = HANDLERS[process.arch];
    const page = pageSize();
    const block = handler && mapAnonymous(2 * page);
    if (!handler || block === undefined) throw refused(`not on ${process.arch}`);
    this.handler = handler;
    this.block = block;
    this.code = block + BigInt(page);
    const buffer = viewMemory(block, page);
    this.words = new BigUint64Array(buffer, 0, 6);
    this.count = new Int32Array(buffer, 48, 1);
    this.memory = new DataView(buffer, ARGUMENTS_AT);
    this.pointer = block + BigInt(ARGUMENTS_AT);
    const code = Buffer.from(handler.code.replaceAll(' ', ''), 'hex');
    code.writeBigUInt64LE(block, handler.addressAt);
    new Uint8Array(viewMemory(this.code, code.length)).set(code);
    // Memory is written or run, never both.
    if (libc().mprotect(this.code, page, PROT_READ | PROT_EXEC) < 0) throw refused('memory may not be made executable');
  }

  /**
   * Make the call on every thread there is, and wait until all have. Whether it succeeded is for the caller to look up:
   * see `/proc/self/task`.
   */
  call(name: 'capset' | 'prctl', ...args: readonly (number | bigint)[]): void {
    this.words.fill(0n);
    for (const [i, word] of [this.handler.numbers[name], ...args].entries()) this.words[i] = BigInt(word);
    Atomics.store(this.count, 0, 0);
    const before = this.setHandler(this.ownHandler());
    try {
      const { tgkill } = this.handler.numbers;
      const sent = threadIds().filter((id) => libc().syscall(tgkill, process.pid, Number(id), SIGSETXID) === 0);
      const end = performance.now() + WAIT_MS;
      // One that ends meanwhile may never answer.
      const ended = () => sent.length - threadIds().filter((id) => sent.includes(id)).length;
      while (Atomics.load(this.count, 0) < sent.length - ended()) {
        if (performance.now() > end) throw refused('a thread does not answer');
        Atomics.wait(SLEEP, 0, 0, 1);
      }
    } finally {
      this.setHandler(before);
    }
  }

  close(): void {
    libc().munmap(this.block, 2 * pageSize());
  }

  /** `struct sigaction` as the kernel has it: handler, flags, restorer, mask. */
  private ownHandler(): BigUint64Array {
    const { restorerAt } = this.handler;
    if (restorerAt === undefined) return BigUint64Array.of(this.code, SA_RESTART, 0n, 0n);
    return BigUint64Array.of(this.code, SA_RESTART | SA_RESTORER, this.code + BigInt(restorerAt), 0n);
  }

  private setHandler(action: BigUint64Array): BigUint64Array {
    const before = new BigUint64Array(4);
    const { rt_sigaction } = this.handler.numbers;
    if (libc().rt_sigaction(rt_sigaction, SIGSETXID, action, before, 8) < 0) throw refused('no signal handler');
    return before;
  }
}

/** The threads of this process at this moment. */
export function threadIds(): string[] {
  return readdirSync('/proc/self/task');
}

/** Nobody writes to it: waiting for it is sleeping. */
const SLEEP = new Int32Array(new SharedArrayBuffer(4));

function refused(reason: string): SkepError {
  return new SkepError(
    'SKEP_PERMISSION',
    `privileges cannot be dropped on every thread: ${reason}`,
    'set agent.privileges to keep, or start skep with --keep-privileges',
  );
}
