import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import type { SelfTest } from '@skep/core';

interface Row {
  readonly pid?: number;
  readonly comm?: string;
  readonly frames: readonly string[];
  readonly count: bigint;
}

/** Processes of the test. */
let children: readonly number[] = [];

const total = (rows: readonly Row[]) => rows.reduce((sum, { count }) => sum + count, 0n);

export const selftest: readonly SelfTest[] = [
  {
    name: 'kernel stacks of a tracepoint',
    options: { pattern: 't:sched:sched_process_fork', kernel_stacks_only: true },
    workload: () => {
      for (let i = 0; i < 20; i++) spawnSync('/bin/true');
    },
    expect: ({ counts }) => {
      const rows = counts as Row[];
      // The tracing itself is no part of the stack: the innermost frame is who passed the tracepoint.
      const forks = rows.filter(({ frames }) => /^(kernel_clone|_do_fork)/.test(frames.at(-1) ?? ''));
      if (rows.some((row) => 'pid' in row || 'comm' in row)) return 'rows of all processes name one';
      return (
        (forks.length === rows.length && forks.some(({ count }) => count >= 20n)) ||
        `${total(forks)} of ${total(rows)} forks in ${rows.length} rows end where processes are made`
      );
    },
  },
  {
    name: 'each process',
    options: { pattern: 't:sched:sched_process_exec', perpid: true },
    workload: ({ folder }) => {
      const program = join(folder, 'skep-counted');
      copyFileSync('/bin/true', program);
      children = Array.from({ length: 5 }, () => spawnSync(program).pid);
    },
    expect: ({ counts }) => {
      const rows = (counts as Row[]).filter(({ comm, pid }) => comm === 'skep-counted' && children.includes(pid!));
      const execs = rows.filter(({ frames }) => frames.some((frame) => /execve/.test(frame)));
      const pids = new Set(execs.map(({ pid }) => pid));
      return (
        (pids.size === 5 && rows.length === 5 && total(rows) === 5n) ||
        `${pids.size} processes in ${rows.length} rows with ${total(rows)} calls, not 5 of each`
      );
    },
  },
  {
    name: 'functions of a library',
    options: { pattern: 'c:getpp*', pid: process.pid },
    // Node.js asks the C library for it, and nothing else here does.
    workload: () => Array.from({ length: 7 }, () => process.ppid),
    expect: ({ counts }) => {
      const rows = (counts as Row[]).filter(({ frames }) => frames.at(-1)?.endsWith('getppid'));
      return (
        (total(rows) === 7n && rows.every(({ pid }) => pid === process.pid)) ||
        `${total(rows)} calls in ${rows.length} rows, not 7`
      );
    },
  },
  {
    name: 'functions of the kernel',
    options: { pattern: '__*64_sys_getpriority', pid: process.pid, kernel_stacks_only: true },
    workload: () => Array.from({ length: 7 }, () => getPriority()),
    expect: ({ counts }) => {
      const rows = (counts as Row[]).filter(({ frames }) => /_sys_getpriority$/.test(frames.at(-1) ?? ''));
      const calls = rows.filter(({ frames }) =>
        frames.some((frame) => /^do_syscall|^el0_svc|^invoke_syscall/.test(frame)),
      );
      return total(calls) === 7n || `${total(calls)} of ${total(rows)} calls come from a system call, not 7`;
    },
  },
];
