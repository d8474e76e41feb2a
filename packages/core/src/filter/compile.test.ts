import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Meanings } from '../meaning.js';
import { meanings } from '../meanings/index.js';
import { checkFilter, compileFilter, filterProcessor } from './compile.js';
import { batchOf, example, schemaOf } from './fixture.js';
import { quoteRegex, quoteText } from './literals.js';
import { parseFilter } from './parser.js';

const v4 = (...bytes: number[]) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes);
const v6 = (first: number, second: number, last: number) => {
  const bytes = new Uint8Array(16);
  bytes.set([first, second]);
  bytes[15] = last;
  return bytes;
};

/** For each of `values` of column `name`, whether `text` holds. */
function answers(text: string, name: string, values: readonly unknown[]): string {
  const batch = batchOf(values.map((value) => ({ [name]: value })));
  return compileFilter(text, example).matches(batch).join('');
}

describe('tests of one column', () => {
  const U64 = 2n ** 64n - 1n;
  const wide = [0n, 1n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 53n + 1n, 2n ** 63n, U64];
  const signed = [-(2n ** 63n), -(2n ** 32n), -1n, 0n, 1n, 2n ** 32n, 2n ** 63n - 1n];
  const argv = ['git\0push\0--force\0', 'git\0--force-with-lease', 'git push --force', ''];
  const comms = ['node', 'Node', 'nod', 'nodejs', 'x\0y', '', 'é'];
  const addresses = [
    v4(10, 0, 0, 1),
    v4(11, 0, 0, 1),
    v6(0, 0, 1),
    v6(0xfe, 0x80, 1),
    v6(0xfe, 0xc0, 1),
    v4(10, 9, 9, 9),
  ];
  const times = [1769853600000000000n, 1769853600000000001n, 1769853599999999999n];
  it.each<[string, string, readonly unknown[], string]>([
    ['pid == 7', 'pid', [6, 7, 8], '010'],
    ['pid != 7', 'pid', [6, 7, 8], '101'],
    ['pid < 7', 'pid', [6, 7, 8], '100'],
    ['pid <= 7', 'pid', [6, 7, 8], '110'],
    ['pid > 7', 'pid', [6, 7, 8], '001'],
    ['pid >= 7', 'pid', [6, 7, 8], '011'],
    ['pid <= 4294967295', 'pid', [0, 2 ** 32 - 1], '11'],
    ['pid in (7, 3, 0x9, 3, 0)', 'pid', [0, 3, 5, 7, 9, 11], '110110'],
    ['pid not in (7, 3)', 'pid', [3, 4, 7, 8], '0101'],
    ['fd < 0', 'fd', [-5, 0, 5], '100'],
    ['fd in (-1, -5, 2)', 'fd', [-5, -1, 0, 2], '1101'],
    ['mode == 0o644', 'mode', [420, 644], '10'],
    ['mode == 0b11', 'mode', [3, 11], '10'],
    ['failed', 'failed', [0, 1, 2], '011'],
    ['!failed', 'failed', [0, 1], '10'],
    ['failed == false', 'failed', [0, 1, 2], '100'],
    ['failed != false', 'failed', [0, 1, 2], '011'],
    ['failed in (true, false)', 'failed', [0, 1, 2], '111'],
    ["type == 'WRITE'", 'type', [0, 1, 2, 9], '0100'],
    ["type != 'WRITE'", 'type', [0, 1, 2, 9], '1011'],
    ["type in ('READ', 9)", 'type', [0, 1, 2, 9], '1001'],
    ["type >= 'WRITE'", 'type', [0, 1, 2, 9], '0111'],
    ['type =~ /^(read|9)$/i', 'type', [0, 1, 2, 9], '1001'],
    ["flags == 'Sync-Write'", 'flags', [1, 1 | (1 << 11)], '01'],
    ["flags contains 'Write'", 'flags', [0, 1, 1 | (1 << 11)], '011'],
    ['flags == 1', 'flags', [0, 1], '01'],
    ['bytes == 9007199254740993', 'bytes', [2n ** 53n, 2n ** 53n + 1n, 2n ** 53n + 2n], '010'],
    [`bytes == ${U64}`, 'bytes', wide, '0000001'],
    [`bytes <= ${U64}`, 'bytes', wide, '1111111'],
    [`bytes > ${2n ** 32n}`, 'bytes', wide, '0001111'],
    [`bytes >= ${2n ** 32n}`, 'bytes', wide, '0011111'],
    [`bytes < ${2n ** 32n}`, 'bytes', wide, '1100000'],
    [`bytes in (${2n ** 63n}, 0, ${2n ** 32n + 1n}, 5)`, 'bytes', wide, '1001010'],
    [`bytes not in (0, ${U64})`, 'bytes', wide, '0111110'],
    ['offset < 0', 'offset', signed, '1110000'],
    ['offset <= -1', 'offset', signed, '1110000'],
    ['offset >= -1', 'offset', signed, '0011111'],
    [`offset > ${-(2n ** 32n)}`, 'offset', signed, '0011111'],
    [`offset in (-1, ${2n ** 32n}, ${-(2n ** 63n)})`, 'offset', signed, '1010010'],
    ['bytes == 64KiB', 'bytes', [65536n, 64000n], '10'],
    ['bytes == 64kB', 'bytes', [65536n, 64000n], '01'],
    ['latency > 1.5us', 'latency', [1500n, 1501n], '01'],
    ['latency < 1d', 'latency', [86_399_999_999_999n, 86_400_000_000_000n], '10'],
    ["time == '2026-01-31T10:00:00Z'", 'time', times, '100'],
    ["time > '2026-01-31T10:00:00'", 'time', times, '010'],
    ["time >= '2026-01-31T12:00:00.000000001+02:00'", 'time', times, '010'],
    ["time < '2026-01-31 10:00'", 'time', times, '001'],
    ["comm == 'node'", 'comm', comms, '1000000'],
    ["comm != 'node'", 'comm', comms, '0111111'],
    ["comm in ('nodejs', 'nod', '')", 'comm', comms, '0011010'],
    ["comm contains 'od'", 'comm', comms, '1111000'],
    ["comm contains ''", 'comm', comms, '1111111'],
    ["comm startswith 'nod'", 'comm', comms, '1011000'],
    ["comm endswith 'js'", 'comm', comms, '0001000'],
    ["comm not endswith 'js'", 'comm', comms, '1110111'],
    ["comm == 'x\\0y'", 'comm', comms, '0000100'],
    ["comm == '\\u{e9}'", 'comm', comms, '0000001'],
    ["comm == '\\xc3\\xa9'", 'comm', comms, '0000001'],
    ['comm =~ /^NODE/i', 'comm', comms, '1101000'],
    ["comm !~ '^n.d$'", 'comm', comms, '1101111'],
    ['comm =~ /^.$/', 'comm', comms, '0000001'],
    ["path =~ '\\d\\'[/]'", 'path', ["5'/", '5/'], '10'],
    ['path =~ /[/]\\//', 'path', ['//', '/'], '10'],
    ["path == '\\xff'", 'path', [Uint8Array.of(255), 'ÿ'], '10'],
    ['raddr == 10.0.0.1', 'raddr', addresses, '100000'],
    ['raddr in (10.0.0.0/8, ::1)', 'raddr', addresses, '101001'],
    ["raddr in ('fe80::/10')", 'raddr', addresses, '000100'],
    ['raddr != ::ffff:10.0.0.0/104', 'raddr', addresses, '011110'],
    ['raddr == 0.0.0.0/0', 'raddr', addresses, '110001'],
    ['raddr == ::/0', 'raddr', [...addresses, ''], '1111110'],
    ["raddr startswith '10.'", 'raddr', addresses, '100001'],
    ['raddr =~ /^fe[89]0::1$/', 'raddr', addresses, '000100'],
    ["args contains '--force'", 'args', argv, '1000'],
    ["args contains ''", 'args', ['a\0\0b', 'a', ''], '100'],
    ["args == 'git push --force'", 'args', argv, '1010'],
    ['args =~ /force$/', 'args', argv, '1010'],
    ["args startswith 'git --'", 'args', argv, '0100'],
  ])('%s', (text, name, values, expected) => expect(answers(text, name, values)).toBe(expected));

  it('remembers answers without mixing them up', () => {
    const values = Array.from({ length: 20_000 }, (_, i) => `${i * 7}`.padEnd(i % 80, '-'));
    const expected = values.map((value) => Number(/1.*3-/.test(value))).join('');
    expect(answers('path =~ /1.*3-/', 'path', values)).toBe(expected);
    const numbers = Array.from({ length: 10_000 }, (_, i) => i % 5000);
    expect(answers('flags =~ /Unknown/', 'flags', numbers)).toBe(
      numbers
        .map((n) => Number(meanings.get('skep_block_flags_t')!.text(n, example.fields[0]!).includes('Unknown')))
        .join(''),
    );
  });

  it('asks a meaning of another package', () => {
    const mac = {
      typedef: 'acme_mac_t',
      json: 'text',
      text: (value: unknown) => `mac-${(value as Uint8Array)[0]}`,
    } as const;
    const own: Meanings = new Map([...meanings, [mac.typedef, mac]]);
    const schema = schemaOf('macs', [{ ...example.fields[5]!, name: 'mac', meaning: mac.typedef }]);
    const batch = batchOf([{ mac: Uint8Array.of(1) }, { mac: Uint8Array.of(2) }], schema);
    expect([...compileFilter("mac == 'mac-2'", schema, { meanings: own }).matches(batch)]).toEqual([0, 1]);
  });
});

describe('joined tests', () => {
  const rows = Array.from({ length: 16 }, (_, i) => ({
    uid: i & 1,
    pid: (i >> 1) & 1,
    comm: i & 4 ? 'a' : 'b',
    failed: (i >> 3) & 1,
  }));
  const batch = batchOf(rows);
  type Example = (typeof rows)[number];
  it.each<[string, (row: Example) => boolean | number]>([
    ['uid == 0 && pid == 0', (r) => !r.uid && !r.pid],
    ['uid == 1 || pid == 1 && failed', (r) => r.uid || (r.pid && r.failed)],
    ['(uid == 1 or pid == 1) and failed', (r) => (r.uid || r.pid) && r.failed],
    ['not (uid == 1 or comm =~ /a/) or failed', (r) => !(r.uid || r.comm === 'a') || r.failed],
    ['comm =~ /a/ || uid == 1 || comm =~ /b/ && pid == 1', (r) => r.comm === 'a' || r.uid || (r.comm === 'b' && r.pid)],
    ['failed && (comm =~ /a/ || comm endswith "b" && uid == 1)', (r) => r.failed && (r.comm === 'a' || r.uid)],
    ['!(!(comm =~ /a/) && !(uid == 1 && pid == 1))', (r) => r.comm === 'a' || (r.uid && r.pid)],
    ['!!failed && true', (r) => r.failed],
    ['false || not false', () => true],
  ])('%s', (text, oracle) => {
    const expected = rows.map((row) => (oracle(row) ? 1 : 0));
    expect([...compileFilter(text, example).matches(batch)]).toEqual(expected);
  });
});

describe('several streams', () => {
  const other = schemaOf('closes', [example.fields[1]!]);
  const batch = batchOf([{ pid: 1 }, { pid: 2 }], other);

  it('refuses a field the stream lacks', () => {
    expect(() => compileFilter('uid == 0', other)).toThrow('stream example.closes has no field "uid"');
  });

  it.each([
    ['uid == 0', '00'],
    ['uid != 0', '00'],
    ['not (uid == 0)', '00'],
    ['not failed', '00'],
    ['uid == 0 or pid == 2', '01'],
    ['not (uid == 0 and pid == 1)', '01'],
  ])('a test of a missing field is false: %s', (text, expected) => {
    expect(compileFilter(text, other, { missing: 'false' }).matches(batch).join('')).toBe(expected);
  });

  it('wants each field in one of the streams', () => {
    expect(() => checkFilter(parseFilter('uid == 0 && pid == 1'), [other, example])).not.toThrow();
    expect(() => checkFilter(parseFilter('piid == 1'), [other, example])).toThrow('no stream has field "piid"');
    expect(() => checkFilter(parseFilter("uid == 'x'"), [other, example])).toThrow('is text');
  });

  it('is a processor that keeps the schema, and refuses batches of another', () => {
    const processor = filterProcessor('pid == 2', example);
    expect(processor.schema).toBe(example);
    expect(processor.process(batchOf([{ pid: 2 }, { pid: 2 }, { pid: 1 }])).rows).toBe(2);
    expect(() => compileFilter('pid == 2', example).matches(batch)).toThrow('example.closes');
  });
});

it('keeps what the kernel lost when no row stays', () => {
  const batch = { ...batchOf([{ pid: 1 }]), lost: 5 };
  expect(filterProcessor('pid == 2', batch.schema).process(batch)).toMatchObject({ rows: 0, lost: 5 });
});

it('quotes texts and regular expressions for programs', () => {
  for (const text of ["it's", 'a\\b\n\0"', 'é🐝']) {
    expect(answers(`comm == ${quoteText(text)}`, 'comm', [text, `${text}x`])).toBe('10');
  }
  for (const [pattern, text] of [
    ["it's", "it's"],
    ['a\\\\b', 'a\\b'],
    ["\\d'\\/", "5'/"],
    ['a\nb', 'a\nb'],
  ] as const) {
    expect(answers(`comm =~ ${quoteRegex(pattern)}`, 'comm', [text, 'x'])).toBe('10');
  }
});

it('compiles every example of docs/filters.md', () => {
  const page = readFileSync(new URL('../../../../docs/filters.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/```filter\n([\s\S]*?)```/g)].flatMap((match) => match[1]!.trim().split('\n'));
  expect(examples.length).toBeGreaterThan(25);
  for (const text of examples) expect(() => compileFilter(text, example), text).not.toThrow();
});
