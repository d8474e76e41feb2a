import { describe, expect, it } from 'vitest';
import type { Layout } from '../schema.js';
import { batchOf, comm, field, schemaOf, snapshotAt, textOf, time } from './fixtures.js';

const frames = field('frames', 'bytes', { meaning: 'skep_frames', size: 0 });
const at = snapshotAt(new Date(2026, 0, 31, 12, 1, 30));
const schemaWith = (heading: string) => {
  const stacks: NonNullable<Layout['stacks']> = {
    ...{ frames: 'frames', count: 'bytes', name: 'comm', id: 'pid', unit: 'bytes' },
    ...{ isFolded: false, isDelimited: false, above: '\t{bytes} bytes in {count} allocations' },
  };
  const fields = [time, field('pid'), comm, frames, field('bytes', 'u64'), field('count', 'u64')];
  return schemaOf(fields, { stacks, heading }, { shape: 'stacks' });
};
const rows = [
  {
    pid: 7,
    comm: 'app',
    frames: '0x000055d0c1a4519e main+0x1 [app];0x00007f0000000001 leak+0x2 [a\tb]',
    bytes: 5n,
    count: 1n,
  },
  { pid: 7, comm: 'app', frames: 'main;0xleak', bytes: 6n, count: 2n },
];

describe('stacks below a line', () => {
  it('have a heading with the time, and addresses in a column of their own', () => {
    expect(textOf('table', [batchOf(schemaWith('Top 2:'), rows, at)])).toBe(
      '[12:01:30] Top 2:\n' +
        '\t5 bytes in 1 allocations\n\t\t0x00007f0000000001\tleak+0x2 [a\\tb]\n\t\t0x000055d0c1a4519e\tmain+0x1 [app]\n' +
        '\t6 bytes in 2 allocations\n\t\t0xleak\n\t\tmain\n',
    );
  });

  it('follow what stands above them without a line between, when the heading is empty', () => {
    expect(textOf('table', [batchOf(schemaWith(''), rows.slice(1), at)])).toBe(
      '\t6 bytes in 2 allocations\n\t\t0xleak\n\t\tmain\n',
    );
  });

  it('have no heading without headers, and are folded as others', () => {
    const batch = batchOf(schemaWith('Top 2:'), rows.slice(1), at);
    expect(textOf('table', [batch], { headers: false })).not.toContain('Top');
    expect(textOf('folded', [batch])).toBe('app;main;0xleak 6\n');
  });
});

it('an address is hexadecimal, without a prefix, where a column asks for it', () => {
  const layout = { columns: [{ field: 'address', format: 'hex' as const }], line: '\taddr = {address}' };
  const schema = schemaOf([field('address', 'u64')], layout);
  expect(textOf('table', [batchOf(schema, [{ address: 0xffff_8880_0000_1000n }, { address: 0n }])])).toContain(
    '\taddr = ffff888000001000\n\taddr = 0\n',
  );
});
