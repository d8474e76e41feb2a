import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSkepError, type SkepErrors } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/fake-packages.js';
import { diffConfig } from './diff.js';
import { parseConfig } from './load-config.js';

const folder = temporaryFolder();
const file = join(folder, 'agent.yaml');
writeFileSync(join(folder, 'prog.c'), 'int f(void *ctx) { return 0; }\n');

const yaml = (rest: string) => `version: 1\nplugins:\n  p:\n    use: bcc\n${rest}sinks: { s: { use: stdout } }\n`;
const PROGRAM = '    program: |\n      int f(void *ctx)\n      { return 0; }\n';
const parse = (rest: string) => parseConfig(yaml(rest), file);

async function mistakes(rest: string): Promise<string[]> {
  const error: unknown = await parse(rest).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isSkepError(error) || !('errors' in error)) throw error;
  return (error as SkepErrors).errors.map(
    ({ location, message, remedy }) =>
      `${location?.line}:${location?.column} ${message}${remedy ? ` [${remedy}]` : ''}`,
  );
}

describe('a program of one’s own', () => {
  it('is a text in the file, or a file beside it', async () => {
    const [inline] = (await parse(PROGRAM)).plugins;
    expect(inline?.program).toMatchObject({ text: 'int f(void *ctx)\n{ return 0; }\n', file: undefined });
    expect(inline?.program?.origin).toEqual({ line: 6, column: 7 });
    const [other] = (await parse('    program: { file: prog.c }\n')).plugins;
    expect(other?.program).toMatchObject({ text: 'int f(void *ctx) { return 0; }\n', file: 'prog.c' });
  });

  it('has options of its own', async () => {
    const options = '    options: { clear: [a], linear: [b], unit: usecs, cflags: ["-DX=1"], tables: [a, b] }\n';
    expect((await parse(PROGRAM + options)).plugins[0]?.options).toEqual({
      tables: ['a', 'b'],
      clear: ['a'],
      linear: ['b'],
      unit: 'usecs',
      cflags: ['-DX=1'],
      perf_pages: 64,
    });
  });

  it('is attached to what the list says', async () => {
    const attach = `    attach:
      - { kprobe: vfs_read, offset: 4, fn: f }
      - { kretprobe: "/vfs_.*/", fn: f }
      - { uprobe: "/bin/bash:readline", pid: 7, fn: f }
      - { uretprobe: "/opt/a:b:0x1f", fn: f }
      - { tracepoint: "sched:sched_switch", fn: f }
      - { raw_tracepoint: sys_enter, fn: f }
      - { usdt: "shop:order", path: ./orders, fn: f }
      - { perf_event: cpu-clock, frequency: 99, cpu: 0, fn: f }
`;
    const entries = (await parse(PROGRAM + attach)).plugins[0]!.attach.map(({ location: _, ...entry }) => entry);
    expect(entries).toEqual([
      { kind: 'kprobe', event: 'vfs_read', offset: 4, fn: 'f' },
      { kind: 'kretprobe', eventRe: 'vfs_.*', fn: 'f' },
      { kind: 'uprobe', name: '/bin/bash', sym: 'readline', pid: 7, fn: 'f' },
      { kind: 'uretprobe', name: '/opt/a:b', addr: 0x1fn, fn: 'f' },
      { kind: 'tracepoint', tp: 'sched:sched_switch', fn: 'f' },
      { kind: 'raw_tracepoint', tp: 'sys_enter', fn: 'f' },
      { kind: 'usdt', probe: 'shop:order', path: './orders', fn: 'f' },
      { kind: 'perf_event', event: 'cpu-clock', sampleFreq: 99, cpu: 0, fn: 'f' },
    ]);
  });

  it.each([
    ['', ['3:3 "program" of plugins.p is missing [give the C program as a text, or as { file: PATH }]']],
    [
      '    program: { file: nix.c }\n',
      [expect.stringMatching(/^5:22 cannot read .*nix\.c: there is no such file \[give the path of a C program/)],
    ],
    ['    program: 7\n', [expect.stringMatching(/^5:14 "program" of plugins\.p: expected .*, got 7/)]],
    [`${PROGRAM}    attach: f\n`, ['8:13 "attach" of plugins.p: expected a list, got "f"']],
    [
      `${PROGRAM}    attach: [{ kprob: x, fn: f }]\n`,
      [
        '8:14 an entry of "attach": expected one of kprobe, kretprobe, uprobe, uretprobe, tracepoint, raw_tracepoint, usdt, perf_event, got none of them [did you mean "kprobe"?]',
      ],
    ],
    [
      `${PROGRAM}    attach: [{ kprobe: x, tracepoint: "a:b", fn: f }]\n`,
      [expect.stringContaining('got kprobe and tracepoint')],
    ],
    [
      `${PROGRAM}    attach: [{ tracepoint: sched_switch, fn: f, pdi: 1 }]\n`,
      [
        '8:28 "tracepoint" of a tracepoint: expected category:name, got "sched_switch"',
        expect.stringMatching(/^8:49 unknown key "pdi" of a tracepoint/),
      ],
    ],
    [`${PROGRAM}    attach: [{ kprobe: "/(/", fn: f }]\n`, ['8:14 /(/ is no regular expression']],
    [`${PROGRAM}    attach: [{ usdt: a, fn: f }]\n`, ['8:14 a usdt needs "path" or "pid"']],
    [
      `${PROGRAM}    attach: [{ perf_event: cpu-clock, fn: f }]\n`,
      ['8:14 a perf_event needs "frequency" or "period", and not both'],
    ],
    [
      `${PROGRAM}    options: { tabels: [a] }\n`,
      ['8:16 unknown option "tabels" of plugin bcc [did you mean "tables"?]'],
    ],
  ])('with a mistake is refused where it stands: %j', async (rest, expected) => {
    expect(await mistakes(rest)).toEqual(expected);
  });

  it('is another one for a reload when its text or what it is attached to changes, and not when lines move', async () => {
    const before = await parse(`${PROGRAM}    attach: [{ tracepoint: "a:b", fn: f }]\n`);
    const changes = async (rest: string) => diffConfig(before, await parse(rest)).plugins.changed.length;
    expect(await changes(`    # moved\n${PROGRAM}    attach: [{ tracepoint: "a:b", fn: f }]\n`)).toBe(0);
    expect(await changes(`${PROGRAM}    attach: [{ tracepoint: "a:c", fn: f }]\n`)).toBe(1);
    expect(await changes(`${PROGRAM.replace('0', '1')}    attach: [{ tracepoint: "a:b", fn: f }]\n`)).toBe(1);
  });
});

it('other plugins take neither', async () => {
  const error = (await parseConfig('version: 1\nplugins: { a: { use: nix, attach: [] } }', file).catch(
    (reason: unknown) => reason,
  )) as SkepErrors;
  expect(error.errors.map(({ code }) => code)).toEqual(['SKEP_PLUGIN_NOT_FOUND']);
});
