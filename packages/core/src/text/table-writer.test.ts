import { describe, expect, it } from 'vitest';
import type { TableColumn } from '../schema.js';
import { argv, batchOf, comm, field, path, schemaOf, snapshotAt, textOf, time } from './fixtures.js';

const at = (hours: number, minutes: number, seconds: number) => new Date(2026, 0, 31, hours, minutes, seconds);
const ns = (date: Date) => BigInt(date.getTime()) * 1_000_000n;
const ip = (...octets: number[]) => Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...octets]);

describe('a layout with a line', () => {
  const fields = [time, comm, field('total', 'u64'), field('count', 'u64')];
  const layout = { columns: [], line: 'disk = {comm}, total: {total} usecs, count: {count}' };
  const schema = { ...schemaOf(fields, layout), shape: 'table' as const };
  const batch = batchOf(schema, [
    { time: 0n, comm: 'vda', total: 4000n, count: 2n },
    { time: 0n, comm: 'a\n{count}', total: 18446744073709551615n, count: 0n },
  ]);

  it('prints it for each row, without a header', () => {
    expect(textOf('table', [batch])).toBe(
      '\ndisk = vda, total: 4000 usecs, count: 2\ndisk = a\\n{count}, total: 18446744073709551615 usecs, count: 0\n',
    );
  });

  it('gives way to the columns that are asked for', () => {
    expect(textOf('table', [batch], { fields: ['count'] })).toMatch(/^\nCOUNT/);
  });

  it('refuses a name that is no field', () => {
    const wrong = { ...schema, layout: { columns: [], line: '{cuont}' } };
    expect(() => textOf('table', [batchOf(wrong, [])])).toThrow('unknown field "cuont"');
  });

  it('is not used where rows are JSON lines', () => {
    const json = { ...schema, layout: { ...layout, json: true } };
    const text = textOf('table', [batchOf(json, [{ time: 0n, comm: 'vda', total: 1n, count: 1n }])]);
    expect(JSON.parse(text)).toMatchObject({ comm: 'vda', total: 1 });
  });
});

describe('a column of stacks', () => {
  const schema = schemaOf([comm, field('callers', 'bytes', { meaning: 'skep_frames', size: 0 })], {
    columns: [{ field: 'callers', format: 'stack' }, { field: 'comm' }],
  });
  const batch = batchOf(schema, [
    { comm: 'one', callers: 'main;read_\x1b[31m;open' },
    { comm: 'two', callers: '' },
  ]);

  it('stands below each row, innermost first', () => {
    const below = '        open\n        read_\\x1b[31m\n        main\n';
    expect(textOf('table', [batch])).toBe(`COMM\none\n${below}two\n`);
  });

  it('is a list of frames in JSON, root first', () => {
    const rows = textOf('json', [batch]).trim().split('\n');
    expect(rows.map((row) => JSON.parse(row).callers)).toEqual([['main', 'read_\x1b[31m', 'open'], []]);
  });
});

describe('a table of events', () => {
  const opens = [time, field('uid'), field('pid'), comm, field('fd', 'i32'), field('err'), field('flags'), path];
  const basic: TableColumn[] = [
    { field: 'pid', width: -6 },
    { field: 'comm', width: -16 },
    { field: 'fd', width: 4 },
    { field: 'err', width: 3 },
    { field: 'path' },
  ];

  it('is laid out as opensnoop', () => {
    const batch = batchOf(schemaOf(opens, { columns: basic }), [
      { pid: 9102, comm: 'cat', fd: -1, err: 2, path: '/nonexist-skep' },
      { pid: 9110, comm: 'perl', fd: 3, err: 0, path: 'hostname' },
      { pid: 1234567, comm: 'a-long-name-here', fd: 12345, err: 0, path: '' },
    ]);
    expect(textOf('table', [batch])).toBe(
      'PID    COMM               FD ERR PATH\n' +
        '9102   cat                -1   2 /nonexist-skep\n' +
        '9110   perl                3   0 hostname\n' +
        '1234567 a-long-name-here 12345   0\n',
    );
  });

  it('is laid out as opensnoop -T -U -e', () => {
    const columns: TableColumn[] = [
      { field: 'time', header: 'TIME(s)', width: -13, format: 'since', digits: 9 },
      { field: 'uid', width: -5 },
      ...basic.slice(0, 4),
      { field: 'flags', width: -8, format: 'octal', pad: 8 },
      { field: 'path' },
    ];
    const row = {
      time: 1_790_000_000_999_999_999n,
      uid: 0,
      pid: 1,
      comm: 'init',
      fd: 3,
      err: 0,
      flags: 0o2001101,
      path: '/',
    };
    const rows = [row, { ...row, time: row.time + 1_000_000_002n }, { ...row, time: row.time - 1n, uid: 1000 }];
    expect(textOf('table', [batchOf(schemaOf(opens, { columns }), rows)])).toBe(
      'TIME(s)       UID   PID    COMM               FD ERR FLAGS    PATH\n' +
        '0.000000000   0     1      init                3   0 02001101 /\n' +
        '1.000000002   0     1      init                3   0 02001101 /\n' +
        '-0.000000001  1000  1      init                3   0 02001101 /\n',
    );
  });

  it('is laid out as execsnoop -T -q and without', () => {
    const fields = [time, comm, field('pid'), field('ppid'), field('ret', 'i32'), argv];
    const columns = (format?: 'quoted'): TableColumn[] => [
      { field: 'time', width: -8, format: 'clock' },
      { field: 'comm', header: 'PCOMM', width: -16 },
      { field: 'pid', width: -7 },
      { field: 'ppid', width: -7, empty: '?' },
      { field: 'ret', width: 3 },
      format ? { field: 'args', format } : { field: 'args' },
    ];
    const rows = [
      { time: ns(at(9, 5, 7)), comm: 'echo', pid: 28021, ppid: 27990, ret: 0, args: '/bin/echo\0skep "x"\0a\nb\\c\0' },
      { time: ns(at(23, 59, 59)), comm: 'perl', pid: 28040, ppid: 0, ret: -2, args: '/nonexist-skep\0...' },
    ];
    expect(textOf('table', [batchOf(schemaOf(fields, { columns: columns() }), rows)])).toBe(
      'TIME     PCOMM            PID     PPID    RET ARGS\n' +
        '09:05:07 echo             28021   27990     0 /bin/echo skep "x" a\\nb\\c\n' +
        '23:59:59 perl             28040   ?        -2 /nonexist-skep ...\n',
    );
    expect(textOf('table', [batchOf(schemaOf(fields, { columns: columns('quoted') }), rows)], { headers: false })).toBe(
      '09:05:07 echo             28021   27990     0 "/bin/echo" "skep \\"x\\"" "a\\nb\\c"\n' +
        '23:59:59 perl             28040   ?        -2 "/nonexist-skep" "..."\n',
    );
  });

  it('is laid out as gethostlatency', () => {
    const fields = [time, field('pid'), comm, field('lat_ns', 'u64'), field('host', 'bytes', { size: 80 })];
    const columns: TableColumn[] = [
      { field: 'time', width: -9, format: 'clock' },
      { field: 'pid', width: -7 },
      { field: 'comm', width: -16 },
      { field: 'lat_ns', header: 'LATms', width: 10, format: 'scaled', divisor: 1e6, digits: 2 },
      { field: 'host' },
    ];
    const rows = [
      { time: ns(at(15, 2, 44)), pid: 10122, comm: 'getent', lat_ns: 310_000n, host: 'localhost' },
      { time: ns(at(15, 2, 51)), pid: 10140, comm: 'curl', lat_ns: 24_071_234n, host: 'example.org' },
    ];
    expect(textOf('table', [batchOf(schemaOf(fields, { columns }), rows)])).toBe(
      'TIME      PID     COMM                  LATms HOST\n' +
        '15:02:44  10122   getent                 0.31 localhost\n' +
        '15:02:51  10140   curl                  24.07 example.org\n',
    );
  });

  const sessions = [
    field('pid'),
    comm,
    field('laddr', 'bytes', { meaning: 'skep_ip_t', size: 16 }),
    field('lport', 'u16'),
    field('tx_bytes', 'u64'),
    field('duration_ns', 'u64', { meaning: 'skep_duration_ns_t' }),
  ];
  const life: TableColumn[] = [
    { field: 'pid', width: -5 },
    { field: 'comm', width: -10, max: 10 },
    { field: 'laddr', width: -15 },
    { field: 'lport', width: -5 },
    { field: 'tx_bytes', header: 'TX_KB', width: 5, format: 'scaled', divisor: 1024 },
    { field: 'duration_ns', header: 'MS', format: 'scaled', divisor: 1e6, digits: 2 },
  ];
  const lives = [
    { pid: 6014, comm: 'curl', laddr: ip(127, 0, 0, 1), lport: 40112, tx_bytes: 49_999n, duration_ns: 12_310_000n },
    { pid: 5990, comm: 'nginx: worker', laddr: ip(127, 0, 0, 1), lport: 8080, tx_bytes: 1023n, duration_ns: 999n },
  ];

  it('is laid out as tcplife', () => {
    expect(textOf('table', [batchOf(schemaOf(sessions, { columns: life }), lives)])).toBe(
      'PID   COMM       LADDR           LPORT TX_KB MS\n' +
        '6014  curl       127.0.0.1       40112    48 12.31\n' +
        '5990  nginx: wor 127.0.0.1       8080      0 0.00\n',
    );
  });

  it('is separated as tcplife -s', () => {
    const rows = [...lives, { ...lives[0], comm: 'a,"b"' }];
    expect(textOf('table', [batchOf(schemaOf(sessions, { columns: life, separator: ',' }), rows)])).toBe(
      'PID,COMM,LADDR,LPORT,TX_KB,MS\n' +
        '6014,curl,127.0.0.1,40112,48,12.31\n' +
        '5990,nginx: worker,127.0.0.1,8080,0,0.00\n' +
        '6014,"a,""b""",127.0.0.1,40112,48,12.31\n',
    );
  });

  it.each([
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['C:\\dir', 'C:\\dir'],
    ['\u009b31m\u0085', '\\u{9b}31m\\u{85}'],
    ['\u202egpj.exe\u2066', '\\u{202e}gpj.exe\\u{2066}'],
    ['\u2028\u2029\x7f', '\\u{2028}\\u{2029}\\x7f'],
    ['größe 😀', 'größe 😀'],
    [Uint8Array.of(0x61, 0xff, 0xe2, 0x80), 'a\\xff\\xe2\\x80'],
    [Uint8Array.of(0xc2, 0x9b), '\\u{9b}'],
    [Uint8Array.of(0x9b), '\\x9b'],
  ])('shows %j as %s', (value, text) => {
    expect(textOf('table', [batchOf(schemaOf([path], { columns: [{ field: 'path' }] }), [{ path: value }])])).toBe(
      `PATH\n${text}\n`,
    );
  });

  it('pads and cuts by characters, not bytes', () => {
    const columns: TableColumn[] = [
      { field: 'comm', width: 6, max: 4 },
      { field: 'path', width: -4 },
      { field: 'pid' },
    ];
    const batch = batchOf(schemaOf([comm, path, field('pid')], { columns }), [
      { comm: 'größe', path: 'é', pid: 1 },
      { comm: 'ab', path: 'x ', pid: 2 },
    ]);
    expect(textOf('table', [batch], { headers: false })).toBe('  größ é    1\n    ab x    2\n');
  });

  it('keeps blanks of the data and adds none at the end of a line', () => {
    const columns: TableColumn[] = [
      { field: 'comm', width: -6 },
      { field: 'path', width: -9 },
    ];
    const batch = batchOf(schemaOf([comm, path], { columns }), [
      { comm: 'a', path: 'b ' },
      { comm: 'a', path: '' },
    ]);
    expect(textOf('table', [batch], { headers: false })).toBe('a      b \na\n');
  });

  it('puts text in place of 0 or of another value', () => {
    const fields = [field('mode'), field('ret', 'i32'), field('size', 'i64'), comm];
    const columns: TableColumn[] = [
      { field: 'mode', width: -4, format: 'octal', pad: 4, empty: 'n/a' },
      { field: 'ret', width: 3, empty: '?', emptyIs: -1 },
      { field: 'size', width: 3, empty: '-', emptyIs: -1 },
      { field: 'comm', empty: '?' },
    ];
    const batch = batchOf(schemaOf(fields, { columns }), [
      { mode: 0o644, ret: 0, size: 0, comm: 'x' },
      { mode: 0, ret: -1, size: -1n, comm: '' },
    ]);
    expect(textOf('table', [batch], { headers: false })).toBe('0644   0   0 x\nn/a    ?   - ?\n');
  });

  it('divides negative numbers towards 0, as integer division does', () => {
    const fields = [field('kb', 'i32'), field('wide', 'i64'), field('ms', 'i32')];
    const columns: TableColumn[] = [
      { field: 'kb', format: 'scaled', divisor: 1024, width: 0 },
      { field: 'wide', format: 'scaled', divisor: 1024, width: 0 },
      { field: 'ms', format: 'scaled', divisor: 1000, digits: 1 },
    ];
    const batch = batchOf(schemaOf(fields, { columns }), [
      { kb: -1, wide: -1n, ms: -1500 },
      { kb: -2048, wide: -(1n << 63n), ms: 49 },
    ]);
    expect(textOf('table', [batch], { headers: false })).toBe('0 0 -1.5\n-2 -9007199254740992 0.0\n');
  });

  it('shows labels, or the number for format exact', () => {
    const labels = new Map([[1, 'READ']]);
    const fields = [field('op', 'u8', { labels }), field('code', 'u8', { labels }), field('end')];
    const columns: TableColumn[] = [
      { field: 'op', width: -5 },
      { field: 'code', width: 4, format: 'exact' },
      { field: 'end' },
    ];
    expect(
      textOf('table', [batchOf(schemaOf(fields, { columns }), [{ op: 1, code: 1, end: 3 }])], { headers: false }),
    ).toBe('READ     1 3\n');
  });

  it('shows the fields asked for, with usual widths where the layout has none', () => {
    const batch = batchOf(schemaOf(opens, { columns: basic }), [{ uid: 1000, path: '/a', pid: 7, comm: 'x' }]);
    expect(textOf('table', [batch], { fields: ['uid', 'pid', 'path'] })).toBe(
      'UID     PID    PATH\n1000    7      /a\n',
    );
  });

  it('makes the header bold and prints the banner first', () => {
    const schema = schemaOf([field('pid')], { banner: 'Tracing... Hit Ctrl-C to end.' });
    expect(textOf('table', [batchOf(schema, [{ pid: 1 }])], { color: true })).toBe(
      'Tracing... Hit Ctrl-C to end.\n\x1b[1mPID\x1b[0m\n1\n',
    );
    expect(textOf('table', [batchOf(schema, [{ pid: 1 }])], { color: true, headers: false })).toBe('1\n');
  });
});

describe('a table of snapshots', () => {
  it('is laid out as softirqs -T', () => {
    const columns: TableColumn[] = [
      { field: 'softirq', width: -16 },
      { field: 'total', header: 'TOTAL_usecs', width: 11 },
    ];
    const labels = new Map([
      [3, 'net_rx'],
      [9, 'rcu'],
    ]);
    const fields = [field('softirq', 'u8', { labels }), field('total', 'u64')];
    const banner = 'Tracing soft irq event time... Hit Ctrl-C to end.';
    const schema = schemaOf(fields, { columns, banner, timestamp: true }, { shape: 'table' });
    const first = batchOf(
      schema,
      [
        { softirq: 3, total: 1841 },
        { softirq: 9, total: 932 },
      ],
      snapshotAt(at(10, 0, 1)),
    );
    const second = batchOf(schema, [{ softirq: 9, total: 7 }], snapshotAt(at(10, 0, 2), false));
    expect(textOf('table', [first, second])).toBe(
      'Tracing soft irq event time... Hit Ctrl-C to end.\n' +
        '\n10:00:01\n' +
        'SOFTIRQ          TOTAL_usecs\n' +
        'net_rx                  1841\n' +
        'rcu                      932\n' +
        '\n10:00:02\n' +
        'SOFTIRQ          TOTAL_usecs\n' +
        'rcu                        7\n' +
        '(incomplete: the kernel map was full and refused entries, some keys are missing)\n',
    );
  });

  const columns: TableColumn[] = [
    { field: 'pid', width: -7 },
    { field: 'comm', width: -16 },
    { field: 'write', header: 'D', width: 1 },
    { field: 'major', header: 'MAJ', width: -3 },
    { field: 'disk', width: -8 },
    { field: 'io', header: 'I/O', width: 5 },
    { field: 'bytes', header: 'Kbytes', width: 7, format: 'scaled', divisor: 1024 },
    { field: 'avg', header: 'AVGms', width: 6, format: 'scaled', divisor: 1e6, digits: 2 },
  ];
  const labels = new Map([
    [0, 'R'],
    [1, 'W'],
  ]);
  const fields = [
    field('pid'),
    comm,
    field('write', 'u8', { labels }),
    field('major'),
    field('disk', 'bytes', { size: 32 }),
    field('io'),
    field('bytes', 'u64'),
    field('avg', 'u64'),
  ];
  const schema = schemaOf(
    fields,
    { columns, clear: true, loadavg: true, banner: 'Tracing... Output every 1 secs. Hit Ctrl-C to end' },
    { shape: 'table' },
  );
  const row = { pid: 20417, comm: 'dd', write: 0, major: 252, disk: 'nullb0', io: 40, bytes: 163840, avg: 5_070_000 };
  const batch = batchOf(schema, [row], snapshotAt(at(9, 8, 7)));
  const table =
    'PID     COMM             D MAJ DISK       I/O  Kbytes  AVGms\n' +
    '20417   dd               R 252 nullb0      40     160   5.07\n';
  const loadavg = () => '0.00 0.01 0.05 1/123 4567\n';

  it('is laid out as biotop -C, or not on a terminal', () => {
    expect(textOf('table', [batch], { loadavg })).toBe(
      `Tracing... Output every 1 secs. Hit Ctrl-C to end\n\n09:08:07 loadavg: 0.00 0.01 0.05 1/123 4567\n\n${table}`,
    );
  });

  it('clears a terminal as biotop', () => {
    expect(textOf('table', [batch], { loadavg, terminal: true })).toBe(
      'Tracing... Output every 1 secs. Hit Ctrl-C to end\n' +
        `\x1b[H\x1b[J09:08:07 loadavg: 0.00 0.01 0.05 1/123 4567\n\n${table}`,
    );
  });

  it('is only its rows without headers', () => {
    expect(textOf('table', [batch, batch], { loadavg, headers: false })).toBe(
      table.split('\n')[1]!.concat('\n').repeat(2),
    );
  });
});
