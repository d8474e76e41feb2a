import { describe, expect, it } from 'vitest';
import type { Layout } from '../schema.js';
import { batchOf, comm, field, schemaOf, textOf, time } from './fixtures.js';

const frames = field('frames', 'bytes', { meaning: 'skep_frames', size: 0 });
const stacks: NonNullable<Layout['stacks']> = {
  frames: 'frames',
  count: 'samples',
  name: 'comm',
  id: 'pid',
  unit: 'samples',
  isFolded: false,
  isDelimited: true,
  look: 'wide',
  hasTask: true,
};
const schema = (parts: Partial<typeof stacks> = {}) => ({
  ...schemaOf([time, field('pid'), comm, frames, field('samples', 'u64')], {
    columns: [],
    banner: 'Sampling...',
    stacks: { ...stacks, ...parts },
  }),
  shape: 'stacks' as const,
});
const rows = [
  { time: 0n, pid: 7, comm: 'a;b', frames: 'main;hot;-;do_syscall_64', samples: 3n },
  { time: 0n, pid: 0, comm: 'x\n', frames: '', samples: 18446744073709551615n },
];

describe('stacks', () => {
  it('are printed innermost first, above their task and their count', () => {
    expect(textOf('table', [batchOf(schema(), rows)])).toBe(
      'Sampling...\n\n    do_syscall_64\n    --\n    hot\n    main\n    -                a;b (7)\n        3\n\n' +
        '    -                x\\n (0)\n        18446744073709551615\n\n',
    );
  });

  it('are drawn as stackcount does, with the task where it is wanted and known', () => {
    const frame = '  do_syscall_64\n    --\n  hot\n  main\n';
    const narrow = schema({ look: 'narrow' });
    expect(textOf('table', [batchOf(narrow, rows.slice(0, 1))])).toBe(`Sampling...\n\n${frame}    a;b [7]\n    3\n\n`);
    const untold = `Sampling...\n\n${frame}    3\n\n`;
    const hidden = schema({ look: 'narrow', hasTask: false });
    expect(textOf('table', [batchOf(hidden, rows.slice(0, 1))])).toBe(untold);
  });

  it('of all tasks together name none', () => {
    const { name: _, id: __, ...rest } = { ...stacks, look: 'narrow' as const };
    const together = (parts: Partial<typeof stacks>) => ({
      ...schemaOf([time, frames, field('samples', 'u64')], { columns: [], stacks: { ...rest, ...parts } }),
      shape: 'stacks' as const,
    });
    const some = [{ time: 0n, frames: 'main;hot', samples: 3n }];
    expect(textOf('table', [batchOf(together({}), some)])).toBe('\n  hot\n  main\n    3\n\n');
    expect(textOf('table', [batchOf(together({ isFolded: true }), some)])).toBe('main;hot 3\n');
  });

  it('are a line each when folded, by option or by format', () => {
    const lines = 'a:b;main;hot;-;do_syscall_64 3\nx\\n 18446744073709551615\n';
    expect(textOf('folded', [batchOf(schema(), rows)])).toBe(lines);
    const folded = batchOf(
      { ...schema({ isFolded: true }), layout: { columns: [], stacks: { ...stacks, isFolded: true } } },
      rows,
    );
    expect(textOf('table', [folded])).toBe(lines);
  });

  it('are a table when columns are asked for, and lists in JSON', () => {
    expect(textOf('table', [batchOf(schema(), rows)], { fields: ['samples'] })).toContain('SAMPLES');
    const [line] = textOf('json', [batchOf(schema(), rows)]).split('\n');
    expect(JSON.parse(line!)).toMatchObject({ frames: ['main', 'hot', '-', 'do_syscall_64'], samples: 3 });
  });

  it('are all that can be folded', () => {
    const events = batchOf(schemaOf([comm], { columns: [] }), []);
    expect(() => textOf('folded', [events])).toThrow('has no stacks to fold');
  });
});
