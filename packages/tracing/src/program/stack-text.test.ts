import { expect, it } from 'vitest';
import { stackId } from './stack-text.js';

const place = (kind: 'p' | 'r' | 't' | 'u', library: string, offset = 0n) => ({ kind, library, name: 'f', offset });

it("asks for the caller at the entry of a program's function, and nowhere else", () => {
  expect(stackId('user', place('p', 'c'), 'ctx')).toMatch(/^stack_id\(ctx, BPF_F_USER_STACK, \(\{ u64 __caller = /);
  const others = [place('p', ''), place('p', 'c', 8n), place('r', 'c'), place('u', 'c')];
  for (const other of others) expect(stackId('user', other, 'ctx')).toBe('stack_id(ctx, BPF_F_USER_STACK, 0)');
  expect(stackId('user', place('t', 'sched'), 'args')).toBe('stack_id(args, BPF_F_USER_STACK, 0)');
  expect(stackId('kernel', place('p', 'c'), 'ctx')).toBe('stack_id(ctx, 0, 0)');
});
