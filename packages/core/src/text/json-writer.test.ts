import { describe, expect, it } from 'vitest';
import type { Meaning } from '../meaning.js';
import { argv, batchOf, comm, field, path, schemaOf, textOf, time } from './fixtures.js';

const bytes = (...values: number[]) => Uint8Array.from(values);
const one = (fields: Parameters<typeof schemaOf>[0], row: Record<string, unknown>, options = {}) =>
  textOf('json', [batchOf(schemaOf(fields), [row])], options);

describe('createJsonWriter', () => {
  it('writes one object per line', () => {
    const schema = schemaOf([time, field('pid'), comm, field('fd', 'i32'), path]);
    const row = { time: 1_790_000_000_000_000_001n, pid: 4_294_967_295, comm: 'cat', fd: -1, path: '/etc/hostname' };
    expect(textOf('json', [batchOf(schema, [row, { ...row, time: 1_790_000_001_987_654_321n, pid: 0, fd: 3 }])])).toBe(
      '{"time":"2026-09-21T14:13:20.000000001Z","pid":4294967295,"comm":"cat","fd":-1,"path":"/etc/hostname"}\n' +
        '{"time":"2026-09-21T14:13:21.987654321Z","pid":0,"comm":"cat","fd":3,"path":"/etc/hostname"}\n',
    );
  });

  it.each([
    ['u64', 18_446_744_073_709_551_615n],
    ['u64', 0n],
    ['u64', 9_007_199_254_740_993n],
    ['i64', -9_223_372_036_854_775_808n],
    ['i64', 9_223_372_036_854_775_807n],
    ['i64', -1n],
    ['i32', -2_147_483_648],
    ['u32', 4_294_967_295],
    ['i16', -32_768],
    ['u16', 65_535],
    ['i8', -128],
    ['u8', 255],
  ] as const)('writes %s %s as a numeral with all digits', (type, value) => {
    expect(one([field('n', type)], { n: value })).toBe(`{"n":${value}}\n`);
  });

  it.each([
    [0n, '1970-01-01T00:00:00.000000000Z'],
    [999_999_999n, '1970-01-01T00:00:00.999999999Z'],
    [18_446_744_073_709_551_615n, '2554-07-21T23:34:33.709551615Z'],
  ])('writes the time %s as %s', (ns, text) => {
    expect(one([time], { time: ns })).toBe(`{"time":"${text}"}\n`);
  });

  it('writes booleans, enum labels and meanings by their kind', () => {
    const labels = new Map([
      [1, 'ESTABLISHED'],
      [7, 'say "hi"'],
    ]);
    const fields = [
      field('ok', 'bool'),
      field('state', 'u8', { labels }),
      field('ip', 'bytes', { meaning: 'skep_ip_t', size: 16 }),
      field('flags', 'u32', { meaning: 'skep_block_flags_t' }),
      field('age', 'u64', { meaning: 'skep_duration_ns_t' }),
    ];
    const ip = bytes(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    const row = { ok: 1, state: 1, ip, flags: 0x801, age: 1n };
    const batch = batchOf(schemaOf(fields), [row, { ...row, ok: 0, state: 7 }, { ...row, state: 9 }]);
    const line = (ok: boolean, state: string) =>
      `{"ok":${ok},"state":${state},"ip":"2001:db8::1","flags":"Sync-Write","age":1}\n`;
    expect(textOf('json', [batch])).toBe(
      line(true, '"ESTABLISHED"') + line(false, '"say \\"hi\\""') + line(true, '"9"'),
    );
  });

  it('writes an argument vector as a list', () => {
    expect(one([argv], { args: '/bin/sh\0-c\0echo "a b"\0\0' })).toBe(
      '{"args":["/bin/sh","-c","echo \\"a b\\"",""]}\n',
    );
    expect(one([argv], { args: '' })).toBe('{"args":[]}\n');
    expect(one([argv], { args: 'cut' })).toBe('{"args":["cut"]}\n');
  });

  it('adds the exact bytes of what is not UTF-8', () => {
    expect(one([comm], { comm: bytes(0x61, 0xff, 0x62) })).toBe('{"comm":"a\ufffdb","comm_base64":"Yf9i"}\n');
    expect(one([argv], { args: bytes(0x61, 0, 0xc3, 0) })).toBe(
      '{"args":["a","\ufffd"],"args_base64":["YQ==","ww=="]}\n',
    );
  });

  it('escapes every control character, bidirectional ones too', () => {
    expect(one([path], { path: 'a\n\t\r\0\x1b[2J"\\\x7f\u009b\u2028\u202e\u2066é😀' })).toBe(
      '{"path":"a\\n\\t\\r\\u0000\\u001b[2J\\"\\\\\\u007f\\u009b\\u2028\\u202e\\u2066é😀"}\n',
    );
  });

  it('tags rows with where they came from', () => {
    const schema = schemaOf([field('pid')], {}, { source: 'a "b"', stream: 'opens' });
    expect(textOf('json', [batchOf(schema, [{ pid: 1 }])], { tag: true })).toBe(
      '{"source":"a \\"b\\"","stream":"opens","pid":1}\n',
    );
  });

  it('says which rows belong to a snapshot that is missing keys', () => {
    const schema = schemaOf([field('pid')], {}, { shape: 'table' });
    const snapshot = { timeNs: 0n, intervalNs: 0n, complete: false };
    expect(textOf('json', [batchOf(schema, [{ pid: 1 }], snapshot)])).toBe('{"pid":1,"incomplete":true}\n');
  });

  it('writes only the fields asked for, in that order', () => {
    expect(one([field('pid'), comm, path], { pid: 7, comm: 'x', path: '/' }, { fields: ['path', 'pid'] })).toBe(
      '{"path":"/","pid":7}\n',
    );
  });

  it('refuses a field the schema does not have and names the nearest', () => {
    const schema = schemaOf([field('pid'), comm]);
    expect(() => textOf('json', [batchOf(schema, [])], { fields: ['conm'] })).toThrow(
      expect.objectContaining({
        code: 'SKEP_OPTION',
        message: 'unknown field "conm" of tool',
        remedy: 'did you mean "comm"?',
      }),
    );
  });

  it('asks a meaning once per distinct value and keeps at most a bounded number of texts', () => {
    let asked = 0;
    const squares: Meaning = {
      typedef: 'square_t',
      json: 'text',
      text: (value) => `${asked++ && ''}${Number(value) ** 2}`,
    };
    const fields = [field('n', 'u32', { meaning: 'square_t' }), field('w', 'i64', { meaning: 'square_t' })];
    const rows = Array.from({ length: 5000 }, (_, i) => ({ n: i % 7, w: -(i % 3) }));
    const text = textOf('json', [batchOf(schemaOf(fields), rows)], { meanings: new Map([['square_t', squares]]) });
    expect(text.split('\n')[5]).toBe('{"n":"25","w":"4"}');
    expect(asked).toBe(10);
    const distinct = batchOf(
      schemaOf(fields),
      Array.from({ length: 5000 }, (_, n) => ({ n, w: n })),
    );
    const last = textOf('json', [distinct], { meanings: new Map([['square_t', squares]]) })
      .trimEnd()
      .split('\n')
      .at(-1);
    expect(last).toBe(`{"n":"${4999 ** 2}","w":"${4999 ** 2}"}`);
  });
});
