import { describe, expect, it } from 'vitest';
import { columnOf, secondsOf } from './columns.js';
import { edited } from './edited-text.js';
import { withoutException } from './exception-tail.js';
import { placeholdersOf } from './placeholders.js';
import { wholeSeconds } from './whole-seconds.js';

async function* pieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('an answer that ends with an exception', () => {
  const message = 'Code: 395. DB::Exception: no (X)';
  const tail = (tag: string) =>
    `\r\n__exception__\r\n${tag}\r\n${message}\n${message.length + 1} ${tag}\r\n__exception__\r\n`;

  it.each([1, 2, 7, 30, 1000])('throws it, in pieces of %i bytes, and gives the rows before it', async (size) => {
    const seen: Uint8Array[] = [];
    const run = async () => {
      for await (const chunk of withoutException(pieces(Buffer.from(`row\n${tail('t4g')}`), size), 't4g'))
        seen.push(chunk);
    };
    await expect(run()).rejects.toThrow(message);
    expect(Buffer.concat(seen).toString()).toBe('row\n');
  });

  it.each([1, 5, 1000])('takes a value that looks like one for a value, in pieces of %i bytes', async (size) => {
    const rows = `row\n${tail('0ther')}`;
    expect(await read(withoutException(pieces(Buffer.from(rows), size), 't4g'))).toBe(rows);
    expect(await read(withoutException(pieces(Buffer.from(rows), size), undefined))).toBe(rows);
  });
});

describe('placeholders', () => {
  it('are braces with a name and a type, outside of strings and comments', () => {
    const sql = "SELECT {a:UInt8}, '{b:UInt8}', {c : Array(DateTime64(3, 'UTC'))}, {'d': 1} -- {e:UInt8}";
    expect(placeholdersOf(sql).map(({ name, type }) => [name, type])).toEqual([
      ['a', 'UInt8'],
      ['c', "Array(DateTime64(3, 'UTC'))"],
    ]);
  });
});

describe('edits', () => {
  it('keep what every character was before', () => {
    const text = 'SELECT {a:UInt8}, ts FROM {t:Identifier} x';
    const changed = edited(text, [
      { start: 7, end: 16, text: '1234567890123' },
      { start: 26, end: 40, text: '`t`' },
    ]);
    expect(changed.text).toBe('SELECT 1234567890123, ts FROM `t` x');
    for (const word of ['SELECT', 'ts', 'FROM', 'x']) {
      expect(changed.original(changed.text.indexOf(word))).toBe(text.indexOf(word));
    }
    expect(changed.original(changed.text.indexOf('`t`') + 1)).toBe(26);
  });

  it('read moments as integers where tables have those', () => {
    const sql = "SELECT max(ts) AS last, 'ts' FROM t WHERE ts > now() -- ts";
    expect(edited(sql, wholeSeconds(sql)).text).toBe(
      "SELECT max(toDateTime(intDiv(ts, 1000000000))) AS last, 'ts' FROM t WHERE toDateTime(intDiv(ts, 1000000000)) > now() -- ts",
    );
  });
});

describe('columns', () => {
  it.each([
    ['LowCardinality(Nullable(String))', 'text'],
    ['Nullable(UInt64)', 'number'],
    ['Decimal(18, 3)', 'number'],
    ['Array(UInt8)', 'text'],
    ["Nullable(DateTime64(9, 'UTC'))", 'time'],
    ['Date', 'text'],
  ])('%s is %s', (type, kind) => {
    expect(columnOf('x', type, { unix: true, zone: '' }).kind).toBe(kind);
  });

  it('leave a moment of an old server as it is unless it is in UTC', () => {
    const old = (zone: string) => ({ unix: false, zone });
    expect(columnOf('x', 'DateTime', old('Etc/UTC')).kind).toBe('time');
    expect(columnOf('x', 'DateTime', old('Europe/Berlin')).kind).toBe('text');
    expect(columnOf('x', "DateTime('UTC')", old('Europe/Berlin')).kind).toBe('time');
    expect(secondsOf('2026-01-01 00:00:00.5')).toBe('1767225600.5');
  });
});
