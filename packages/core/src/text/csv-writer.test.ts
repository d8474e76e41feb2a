import { describe, expect, it } from 'vitest';
import { argv, batchOf, comm, field, path, schemaOf, textOf, time } from './fixtures.js';

const one = (fields: Parameters<typeof schemaOf>[0], row: Record<string, unknown>, options = {}) =>
  textOf('csv', [batchOf(schemaOf(fields), [row])], options);

describe('createCsvWriter', () => {
  it('writes a header line and a line per row', () => {
    const schema = schemaOf([time, field('pid'), comm, field('ok', 'bool')]);
    const row = { time: 1_790_000_000_000_000_001n, pid: 12, comm: 'cat', ok: 1 };
    expect(textOf('csv', [batchOf(schema, [row, { ...row, ok: 0, comm: '' }])])).toBe(
      'time,pid,comm,ok\n2026-09-21T14:13:20.000000001Z,12,cat,true\n2026-09-21T14:13:20.000000001Z,12,,false\n',
    );
  });

  it('leaves the header out when asked', () => {
    expect(one([field('pid')], { pid: 1 }, { headers: false })).toBe('1\n');
  });

  it('tags rows with where they came from', () => {
    const schema = schemaOf([field('pid')], {}, { source: 'a,b' });
    expect(textOf('csv', [batchOf(schema, [{ pid: 1 }])], { tag: true })).toBe('source,stream,pid\n"a,b",rows,1\n');
  });

  it.each([
    ['a b', 'a b'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['C:\\x', '"C:\\\\x"'],
    ['a\nb\tc\r', '"a\\nb\\tc\\r"'],
    ['\x1b[2J', '"\\x1b[2J"'],
    ['\u009b\u202e', '"\\u{9b}\\u{202e}"'],
    ['größe', '"größe"'],
    [Uint8Array.of(0x61, 0xff), '"a\\xff"'],
  ])('writes %j as %s', (value, text) => {
    expect(one([field('pid'), path], { pid: 1, path: value })).toBe(`pid,path\n1,${text}\n`);
  });

  it.each([
    ['/bin/echo\0a\0b\0', '"/bin/echo a b"'],
    ['/bin/echo\0a b\0\0', '"/bin/echo a\\x20b \\0"'],
    ['/bin/true\0', '/bin/true'],
    ['\0', '"\\0"'],
    ['', '""'],
  ])('writes the argument vector %j as %s', (value, text) => {
    expect(one([argv], { args: value })).toBe(`args\n${text}\n`);
  });

  it('never writes an empty line, which readers skip', () => {
    expect(one([comm], { comm: '' })).toBe('comm\n""\n');
  });
});

describe('createLogfmtWriter', () => {
  it('writes key=value pairs, quoted when needed', () => {
    const schema = schemaOf([field('pid'), comm, path, argv]);
    const row = { pid: 7, comm: 'a b', path: '/x="y"\\', args: 'ls\0-l\0' };
    expect(textOf('logfmt', [batchOf(schema, [row, { pid: 8, comm: '', path: '/', args: '' }])])).toBe(
      'pid=7 comm="a b" path="/x=\\"y\\"\\\\" args="ls -l"\npid=8 comm="" path=/ args=""\n',
    );
  });

  it('tags rows, and those of a snapshot that is missing keys', () => {
    const schema = schemaOf([field('pid')], {}, { source: 'my opens' });
    const snapshot = { timeNs: 0n, intervalNs: 0n, complete: false };
    expect(textOf('logfmt', [batchOf(schema, [{ pid: 1 }], snapshot)], { tag: true })).toBe(
      'source="my opens" stream=rows pid=1 incomplete=true\n',
    );
  });
});
