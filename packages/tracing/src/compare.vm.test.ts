// One-liners of BCC's manual pages, run with BCC's tools and with skep's on the same workload in a guest. Needs Debian's
// bpfcc-tools. SKEP_COMPARED names a file with what an earlier run of test/compare.mjs has printed.
import { existsSync, readFileSync } from 'node:fs';
import { fetchKernel, runInVm } from '@skep/vm';
import { beforeAll, describe, expect, it } from 'vitest';

interface Output {
  readonly out: string;
  readonly err: string;
}
interface Result {
  readonly tool: string;
  readonly args: readonly string[];
  readonly bcc: Output;
  readonly skep: Output;
}

const earlier = process.env.SKEP_COMPARED;
const noTools = earlier === undefined && !existsSync('/usr/sbin/trace-bpfcc') ? 'no bpfcc-tools' : undefined;
let results: readonly Result[] = [];

describe.skipIf(noTools)("BCC's one-liners", () => {
  beforeAll(async () => {
    results = JSON.parse(earlier === undefined ? await compare() : readFileSync(earlier, 'utf8')) as Result[];
  }, 3_600_000);

  const find = (tool: string, part: string) =>
    results.find((one) => one.tool === tool && one.args.some((arg) => arg.includes(part)))!;

  it.each([['^vfs_'], ['tcp_send*'], ['c:malloc']])('funccount %s counts what BCC counts', (pattern) => {
    const { bcc, skep } = find('funccount', pattern);
    expect(counts(skep.out)).toEqual(counts(bcc.out));
    expect(counts(skep.out)).not.toEqual({});
  });

  // BCC 0.26 gives up on these: functions that cannot be probed, and names as bytes.
  it.each([
    ['vfs_*', { vfs_open: 8, vfs_read: 8, vfs_write: 9 }],
    ['t:sched:sched_process_fork', { 'sched:sched_process_fork': 2 }],
    ['u:/tmp/skepwork:gc*', { 'work:gc__done': 1, 'work:gc__start': 9 }],
  ])('funccount %s counts what the workload does', (pattern, expected) => {
    const { bcc, skep } = find('funccount', pattern);
    expect(counts(skep.out)).toEqual(expected);
    if (Object.keys(counts(bcc.out)).length > 0) expect(counts(bcc.out)).toEqual(expected);
  });

  it('argdist counts values and fills histograms as BCC does', () => {
    const { bcc, skep } = find('argdist', 'p:c:malloc');
    expect(events(skep.out)).toEqual(events(bcc.out));
    expect(events(skep.out)).toContain('11 size = 16');
    expect(buckets(skep.out)).toEqual(buckets(bcc.out));
    expect(buckets(skep.out)).toContain('8 15 6');
  });

  it('trace shows what the workload does, and what BCC shows', () => {
    const { bcc, skep } = find('trace', 'do_sys_openat2');
    const messages = (text: string) =>
      text.split('\n').flatMap((line) => /^PID +PID +\S+ +(.*)$/.exec(line)?.[1] ?? []);
    const seen = messages(skep.out).map((line) => line.replace(/ +/g, ' '));
    const times = (part: string) => seen.filter((line) => line.includes(part)).length;
    expect(times('do_sys_openat2 /etc/hostname')).toBe(7);
    expect([30000, 30001, 30002].map((bytes) => times(`read ${bytes} bytes`))).toEqual([1, 1, 1]);
    expect([times('malloc size = 16'), times('malloc size = 100')]).toEqual([11, 5]);
    expect(times('sleep for 1234567 ns')).toBe(3);
    const shown = messages(bcc.out).map((line) => line.replace(/ +/g, ' '));
    if (shown.length > 0) expect(seen.sort()).toEqual(shown.sort());
  });

  it('trace shows lines of a shell and requests of a disk', () => {
    const { skep } = find('trace', 'readline');
    expect(skep.out).toMatch(/bash +readline +echo skep-42\n.*bash +readline +exit/);
    expect(skep.out.match(/block_rq_complete 8 sectors/g)).toHaveLength(7);
  });
});

async function compare(): Promise<string> {
  await fetchKernel('6.1', { headers: true });
  const { stdout } = await runInVm({
    ...{ kernel: '6.1', headers: true, cpus: 1, disks: ['8M'], timeoutMs: 3_000_000 },
    command: ['node', 'packages/tracing/test/compare.mjs'],
  });
  return stdout;
}

/** `FUNC COUNT` */
function counts(text: string): Record<string, number> {
  const rows = [...text.matchAll(/^(\S+) +(\d+)$/gm)];
  return Object.fromEntries(rows.map(([, func, count]) => [func!, Number(count)]));
}

/** The last output alone that has this: counts are kept from one to the next, and skep writes the time above each stream. */
function last(text: string, part: RegExp): string {
  const outputs = text.split(/^\[?\d\d:\d\d:\d\d\]?$/m);
  return outputs.findLast((one) => part.test(one)) ?? '';
}

function events(text: string): string[] {
  const rows = [...last(text, /COUNT/).matchAll(/(\d+) +((?:fd|size|\$PID) = .*)$/gm)];
  return rows.map(([, count, event]) => `${count} ${event}`).sort();
}

function buckets(text: string): string[] {
  const rows = [...last(text, /->/).matchAll(/^ *(\d+) -> (\d+) *: ([1-9]\d*)/gm)];
  return rows.map(([, low, high, count]) => `${low} ${high} ${count}`);
}
