import { BatchBuilder, type Field, rowsOf, type Schema, type StackFrames } from '@skep/core';
import { layoutOf, type MemberSpec, recordBytes } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import { framesField, type RecordLayout, type StreamPlan } from './btf/index.js';
import type { Taken } from './snapshots.js';
import { stackRows } from './stack-rows.js';

type StacksPlan = Extract<StreamPlan, { kind: 'stacks' }>;

const specs: readonly MemberSpec[] = [{ name: 'pid' }, { name: 'user', type: 'u64' }, { name: 'kernel', type: 'u64' }];
const plainKey = layoutOf(specs);
const pidAt = plainKey.members[0]!.offset;
const key: RecordLayout = {
  ...plainKey,
  members: plainKey.members.map((member) =>
    member.field.name === 'pid'
      ? member
      : { ...member, stack: { half: member.field.name as 'user' | 'kernel', pidOffset: pidAt } },
  ),
};
const value = layoutOf([{ name: 'samples', type: 'u64' }]);
const [pid, user, kernel] = key.members;
const time: Field = { ...value.members[0]!.field, name: 'time', meaning: 'skep_ktime_t' };

function planOf(rest: Partial<StacksPlan> = {}): StacksPlan {
  const fields = [time, pid!.field, framesField('frames', ''), value.members[0]!.field];
  const schema: Schema = {
    plugin: 'tool',
    source: 'tool',
    stream: 'rows',
    shape: 'stacks',
    fields,
    keys: ['pid', 'frames'],
    layout: { columns: [] },
  };
  return {
    kind: 'stacks',
    schema,
    snapshot: { name: 'rows', key, value },
    kernel,
    user,
    count: 'samples',
    isDelimited: false,
    isAnnotated: false,
    text: 'names',
    ...rest,
  };
}

/** Names by id; two ids of user stacks have the same names. */
const NAMES: Readonly<Record<number, string>> = { 1: 'main;a', 2: 'main;a', 3: 'main;b', 8: 'syscall;read' };
const utf8 = new TextEncoder();
const stacks: StackFrames = {
  frames: (half, low, _high, process) => {
    const names = NAMES[low] ?? '';
    return utf8.encode(half === 'user' && names !== '' ? `${names}@${process}` : names);
  },
};

type Entry = readonly [pid: number, user: number, kernel: number, n: number];

function takenOf(entries: readonly Entry[]): Taken {
  const keys = Buffer.concat(
    entries.map(([process, of, above]) =>
      recordBytes(plainKey, { pid: process, user: BigInt(of), kernel: BigInt(above) }),
    ),
  );
  const values = Buffer.concat(entries.map((entry) => recordBytes(value, { samples: BigInt(entry[3]) })));
  return {
    entries: {
      count: entries.length,
      keys: Uint8Array.from(keys),
      values: Uint8Array.from(values),
      stride: value.size,
    },
    timeNs: 5n,
    intervalNs: 1n,
    complete: true,
  };
}

function rows(plan: StacksPlan, entries: readonly Entry[]) {
  const taken = takenOf(entries);
  const into = new BatchBuilder(plan.schema, 1);
  stackRows(plan, taken, stacks, into);
  return rowsOf(into.batch()).map(({ pid: process, frames, samples }) => [
    process,
    (frames as string[]).join(' '),
    samples,
  ]);
}

describe('rows of stacks', () => {
  it('are one for stacks of equal names, and the lightest comes first', () => {
    expect(
      rows(planOf(), [
        [7, 1, 0, 10],
        [7, 3, 8, 4],
        [7, 2, 0, 5],
        [9, 1, 0, 1],
      ]),
    ).toEqual([
      [9, 'main a@9', 1n],
      [7, 'main b@7 syscall read', 4n],
      [7, 'main a@7', 15n],
    ]);
  });

  it('are one for all processes when rows do not tell them apart', () => {
    const together = { ...key, members: key.members.filter(({ stack }) => stack) };
    const plan = planOf({ snapshot: { name: 'rows', key: together, value } });
    const fields = plan.schema.fields.filter(({ name }) => name !== 'pid');
    const entries = [
      [7, 0, 8, 10],
      [9, 0, 8, 4],
      [9, 3, 8, 1],
    ] as const;
    expect(rows({ ...plan, schema: { ...plan.schema, fields } }, entries)).toEqual([
      [undefined, 'main b@9 syscall read', 1n],
      [undefined, 'syscall read', 14n],
    ]);
  });

  it('have a mark between the halves, and one on frames of the kernel, where they are asked for', () => {
    const plan = planOf({ isDelimited: true, isAnnotated: true });
    const entries = [
      [7, 3, 8, 1],
      [7, 0, 8, 2],
      [7, 0, 0, 3],
    ] as const;
    expect(rows(plan, entries)).toEqual([
      [7, 'main b@7 - syscall_[k] read_[k]', 1n],
      [7, 'syscall_[k] read_[k]', 2n],
      [7, '', 3n],
    ]);
  });

  it('leave what was taken as it was, for whoever records it', () => {
    const taken = takenOf([
      [7, 1, 0, 10],
      [7, 2, 0, 5],
    ]);
    const before = taken.entries.values.slice();
    const plan = planOf();
    expect(stackRows(plan, taken, stacks, new BatchBuilder(plan.schema, 1))).toBe(1);
    expect(taken.entries.values).toEqual(before);
  });

  it('are none of an empty snapshot', () => {
    expect(rows(planOf(), [])).toEqual([]);
  });
});
