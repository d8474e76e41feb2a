import { describe, expect, it } from 'vitest';
import type { Layout } from '../schema.js';
import { batchOf, comm, field, schemaOf, snapshotAt, textOf } from './fixtures.js';

const buckets = [field('usecs_low', 'u64'), field('usecs_high', 'u64'), field('count', 'u64')];
const histogram = { low: 'usecs_low', high: 'usecs_high', count: 'count', unit: 'usecs', sections: [] };
const schema = (layout: Partial<Layout> = {}, keys = [] as ReturnType<typeof field>[]) =>
  schemaOf([...keys, ...buckets], { histogram, ...layout }, { shape: 'histogram' });
const bucket = (slot: number, count: bigint | number) => ({
  usecs_low: slot === 1 ? 0n : 1n << BigInt(slot - 1),
  usecs_high: (1n << BigInt(slot)) - 1n,
  count,
});

describe('HistogramWriter', () => {
  it('draws as runqlat, leading empty buckets included', () => {
    const runqlat = schema({ banner: 'Tracing run queue latency... Hit Ctrl-C to end.' });
    expect(textOf('table', [batchOf(runqlat, [bucket(1, 118), bucket(2, 1043), bucket(5, 1)])])).toBe(
      `Tracing run queue latency... Hit Ctrl-C to end.

     usecs               : count     distribution
         0 -> 1          : 118      |****                                    |
         2 -> 3          : 1043     |****************************************|
         4 -> 7          : 0        |                                        |
         8 -> 15         : 0        |                                        |
        16 -> 31         : 1        |                                        |
`,
    );
    expect(textOf('table', [batchOf(schema(), [bucket(3, 5)])])).toBe(
      `
     usecs               : count     distribution
         0 -> 1          : 0        |                                        |
         2 -> 3          : 0        |                                        |
         4 -> 7          : 5        |****************************************|
`,
    );
  });

  it('draws wide above 2^32, exactly up to the last bucket', () => {
    const text = textOf('table', [batchOf(schema(), [bucket(1, 3), bucket(64, 18_446_744_073_709_551_615n)])]);
    const lines = text.split('\n');
    expect(lines.slice(1, 3)).toEqual([
      '               usecs                         : count     distribution',
      '                   0 -> 1                    : 3        |                    |',
    ]);
    expect(lines[65]).toBe(
      ' 9223372036854775808 -> 18446744073709551615 : 18446744073709551615 |********************|',
    );
    expect(textOf('table', [batchOf(schema(), [bucket(32, 1)])])).toContain(
      '2147483648 -> 4294967295 : 1        |****************************************|',
    );
    expect(textOf('table', [batchOf(schema(), [bucket(33, 1)])])).toContain(
      '          4294967296 -> 8589934591           : 1        |********************|',
    );
  });

  it('draws a section for each key, with its time above, as biolatency -T -D', () => {
    const sections = [{ field: 'disk', label: 'disk' }];
    const disk = field('disk', 'bytes', { size: 32 });
    const disks = schema({ timestamp: true, histogram: { ...histogram, sections } }, [disk]);
    const rows = [
      { disk: 'sda', ...bucket(1, 1) },
      { disk: 'sda', ...bucket(2, 2) },
      { disk: 'v\nb', ...bucket(1, 4) },
    ];
    expect(textOf('table', [batchOf(disks, rows, snapshotAt(new Date(2026, 0, 31, 8, 0, 9)))])).toBe(
      `
08:00:09

disk = sda
     usecs               : count     distribution
         0 -> 1          : 1        |********************                    |
         2 -> 3          : 2        |****************************************|

disk = v\\nb
     usecs               : count     distribution
         0 -> 1          : 4        |****************************************|
`,
    );
  });

  it('adds up buckets of keys that have no section', () => {
    const rows = [
      { pid: 1, ...bucket(2, 1) },
      { pid: 2, ...bucket(2, 2) },
    ];
    expect(textOf('table', [batchOf(schema({}, [field('pid')]), rows)])).toContain(
      '         2 -> 3          : 3        |',
    );
  });

  it('draws several section fields under one blank line', () => {
    const sections = [
      { field: 'pid', label: 'pid' },
      { field: 'comm', label: 'comm' },
    ];
    const two = schema({ histogram: { ...histogram, sections } }, [field('pid'), comm]);
    const text = textOf('table', [batchOf(two, [{ pid: 7, comm: 'dd', ...bucket(1, 1) }])]);
    expect(text.startsWith('\n\npid = 7\ncomm = dd\n     usecs')).toBe(true);
  });

  it('says when the map was full, and draws nothing without rows', () => {
    const none = batchOf(schema(), [], snapshotAt(new Date(), false));
    expect(textOf('table', [none])).toBe(
      '\n(incomplete: the kernel map was full and refused entries, some keys are missing)\n',
    );
  });

  it('draws linear buckets as runqlen', () => {
    const rows = [
      { usecs_low: 0, usecs_high: 0, count: 301 },
      { usecs_low: 2, usecs_high: 2, count: 1 },
    ];
    const linear = schema({ histogram: { ...histogram, unit: 'runqlen' } });
    expect(textOf('table', [batchOf(linear, rows)])).toBe(
      `
     runqlen       : count     distribution
        0          : 301      |****************************************|
        1          : 0        |                                        |
        2          : 1        |                                        |
`,
    );
  });

  it('is a table of buckets when fields are asked for, and in other formats', () => {
    const batch = batchOf(schema(), [bucket(2, 5)]);
    expect(textOf('table', [batch], { fields: ['usecs_low', 'count'], headers: false })).toBe('2            5\n');
    expect(textOf('json', [batch])).toBe('{"usecs_low":2,"usecs_high":3,"count":5}\n');
  });
});
