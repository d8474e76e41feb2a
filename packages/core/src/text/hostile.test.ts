import { describe, expect, it } from 'vitest';
import { argvList } from '../meanings/argv.js';
import { argv, batchOf, field, path, schemaOf, textOf } from './fixtures.js';

const VALUES = 10_000;

/** xorshift32: the same values on every machine. */
function generator(seed: number): () => number {
  return () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) / 4294967296;
  };
}

const PIECES = [
  '"',
  '\\',
  ',',
  '\n',
  '\r',
  '\t',
  ' ',
  '=',
  '\x1b[',
  '\u009b',
  '\u202e',
  '\u2028',
  '\u2069',
  '\\n',
  '\\x41',
  'é',
  '😀',
  '\u{feff}',
];

/** Bytes of every kind: any byte, ASCII, and pieces that are special to some format, whole or cut. */
function hostileValues(): Uint8Array[] {
  const random = generator(20260131);
  return Array.from({ length: VALUES }, (_, n) => {
    const value: number[] = [];
    const length = Math.floor(random() * 24);
    while (value.length < length) {
      const kind = n % 4 === 0 ? 0 : Math.floor(random() * 4);
      if (kind === 0) value.push(1 + Math.floor(random() * 255));
      else if (kind === 1) value.push(0x20 + Math.floor(random() * 0x5f));
      else {
        const piece = [...Buffer.from(PIECES[Math.floor(random() * PIECES.length)]!)];
        value.push(...piece.slice(0, kind === 2 ? piece.length : 1 + Math.floor(random() * piece.length)));
      }
    }
    return Uint8Array.from(value);
  });
}

const values = hostileValues();
/** The same with NULs for some of the blanks, so that there are arguments; each list ends with one. */
const lists = values.map((value) => Uint8Array.from([...value.map((byte) => (byte === 0x20 ? 0 : byte)), 0]));
const schema = schemaOf([field('n'), path, argv], {
  columns: [{ field: 'n', width: 5 }, { field: 'path', width: -9 }, { field: 'args' }],
});
const batch = batchOf(
  schema,
  values.map((value, n) => ({ n, path: value, args: lists[n] })),
);

/** The one rule of CSV and logfmt, read backwards. */
function unescaped(text: string): Uint8Array {
  const letters: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };
  const parts: Buffer[] = [];
  const pattern = /\\(?:x([0-9a-f]{2})|u\{([0-9a-f]+)\}|([ntr\\]))|([^\\]+)/gy;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const [whole, hex, codePoint, letter, plain] = match;
    if (hex) parts.push(Buffer.from(hex, 'hex'));
    else if (codePoint) parts.push(Buffer.from(String.fromCodePoint(Number.parseInt(codePoint, 16))));
    else parts.push(Buffer.from(letter ? letters[letter]! : plain!));
    end = match.index + whole.length;
  }
  if (end !== text.length) expect.fail(text);
  return Uint8Array.from(Buffer.concat(parts));
}

/** The elements of a list, each with its NUL. */
const unescapedList = (text: string) =>
  Buffer.concat(
    text.split(' ').flatMap((item) => [item === '\\0' ? new Uint8Array() : unescaped(item), Uint8Array.of(0)]),
  );

const lines = (text: string) => {
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
};

/** What acts on a terminal or on the direction of text; the line feed that ends an event is split off before. */
const CONTROL = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

describe('texts from whoever is traced', () => {
  it.each(['table', 'json', 'csv', 'logfmt'] as const)('are one line each and hold no control as %s', (format) => {
    // `textOf` decodes strictly: the output is valid UTF-8 as well.
    const rows = lines(textOf(format, [batch], { headers: false }));
    expect(rows).toHaveLength(VALUES);
    for (const row of rows) if (CONTROL.test(row)) expect.fail(`a control in ${JSON.stringify(row)}`);
  });

  it('come back from JSON, byte for byte', () => {
    const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
    const same = (text: string, base64: string | undefined, bytes: Uint8Array) => {
      const back = base64 === undefined ? Buffer.from(text) : Buffer.from(base64, 'base64');
      if (text !== utf8.decode(bytes) || !back.equals(bytes)) expect.fail(`${JSON.stringify(text)} for ${[...bytes]}`);
    };
    for (const [n, line] of lines(textOf('json', [batch])).entries()) {
      const row = JSON.parse(line);
      if (row.n !== n) expect.fail(line);
      same(row.path, row.path_base64, values[n]!);
      const items = argvList(lists[n]!);
      if (row.args.length !== items.length) expect.fail(line);
      for (const [i, item] of items.entries()) same(row.args[i], row.args_base64?.[i], item);
    }
  });

  it('come back from CSV by RFC 4180 and the documented escapes', () => {
    for (const [n, line] of lines(textOf('csv', [batch], { headers: false })).entries()) {
      const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
      );
      if (!Buffer.from(unescaped(cells[1]!)).equals(values[n]!)) expect.fail(line);
      if (!unescapedList(cells[2]!).equals(lists[n]!)) expect.fail(line);
    }
  });

  it('come back from logfmt by the documented escapes', () => {
    for (const [n, line] of lines(textOf('logfmt', [batch])).entries()) {
      const cells = [...line.matchAll(/(?:^| )(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^" ]*))(?= |$)/g)].map(
        ([, , quoted, plain]) => quoted?.replace(/\\(.)/g, (pair, char) => (char === '"' ? '"' : pair)) ?? plain!,
      );
      if (!Buffer.from(unescaped(cells[1]!)).equals(values[n]!)) expect.fail(line);
      if (!unescapedList(cells[2]!).equals(lists[n]!)) expect.fail(line);
    }
  });
});
