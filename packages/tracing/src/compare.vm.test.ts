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
  readonly name: string;
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

  const find = (tool: string, name: string): Result => {
    const found = results.find((one) => one.tool === tool && one.name === name);
    if (!found) throw new Error(`${tool} ${name} was not run`);
    return found;
  };

  describe('of funccount', () => {
    it.each([
      ['vfs_*', { vfs_open: 9, vfs_read: 10 }],
      ['-r', { vfs_open: 9, vfs_read: 10 }],
      ['-i', { vfs_open: 9, vfs_read: 10 }],
      ['-c', { vfs_open: 9, vfs_read: 10 }],
      ['tcp_send*', { tcp_sendmsg: 5 }],
      ['c:malloc', {}],
      ['tracepoint', { 'sched:sched_process_fork': 3 }],
      ['USDT', { gc__start: 9, gc__done: 1 }],
    ])('%s counts what BCC counts', (name, least) => {
      const { bcc, skep } = find('funccount', name);
      expect(counts(skep.out)).toEqual(counts(bcc.out));
      expect(counts(skep.out)).toMatchObject(least);
      expect(Object.keys(counts(skep.out))).not.toEqual([]);
    });
  });

  describe('of argdist', () => {
    it.each(['user', 'kernel'])('-C counts values as BCC does: %s', (name) => {
      const { bcc, skep } = find('argdist', name);
      expect(events(skep.out)).toEqual(events(bcc.out));
      const seen = { user: '11 size = 16', kernel: '2 file->f_path.dentry->d_iname = hostname, count = 8' }[name];
      expect(events(skep.out)).toContain(seen);
    });

    it.each(['user', 'kernel', 'disk'])('-H fills histograms as BCC does: %s', (name) => {
      const { bcc, skep } = find('argdist', name);
      expect(histograms(skep.out)).toEqual(histograms(bcc.out));
      expect(histograms(skep.out)).toHaveLength({ user: 3, kernel: 2, disk: 1 }[name]!);
    });
  });

  describe('of trace', () => {
    it.each([
      ['kernel', 'do_sys_openat2 /etc/hostname', 8],
      ['kernel', '__x64_sys_read read 30001 bytes', 1],
      ['kernel', '__x64_sys_nanosleep sleep for 1234567 ns', 3],
      ['user', 'malloc size = 16', 11],
      ['user', 'pthread_create nothing+0x0 [skepwork]', 1],
      ['user', 'read read failed: -1', 1],
      ['user', 'write writing 10 bytes to STDOUT', 6],
      ['user', 'open opening /etc/hostname', 8],
      ['everywhere', 'readline echo skep-42', 1],
      ['everywhere', 'block_rq_complete 8 sectors', 7],
    ])('%s: shows %s as often as BCC does', (name, message, times) => {
      const { bcc, skep } = find('trace', name);
      const shown = (text: string) => messages(text).filter((line) => line === message).length;
      expect([shown(skep.out), shown(bcc.out)]).toEqual([times, times]);
    });

    it.each(['kernel', 'user'])('%s: shows nothing that BCC does not', (name) => {
      const { bcc, skep } = find('trace', name);
      expect(messages(skep.out).sort()).toEqual(messages(bcc.out).sort());
    });

    it("-K has the kernel's stacks as BCC has them", () => {
      const { bcc, skep } = find('trace', 'kernel');
      const stacks = stacksOf(skep.out);
      expect(stacks.sort()).toEqual(stacksOf(bcc.out).sort());
      expect(stacks.filter((stack) => /__x64_sys_nanosleep\+0x\w+ \[kernel\]/.test(stack)).length).toBeGreaterThan(2);
    });

    it('-s and -U have the frames that BCC has, and the caller that it leaves out', () => {
      const { bcc, skep } = find('trace', 'user stack');
      const [stack = ''] = stacksOf(skep.out);
      const frames = stack.split('\n');
      expect(frames[1]).toMatch(/^parse_address\+0x\w+ \[skepwork\]$/);
      const others = frames.filter((_, depth) => depth !== 1).join('\n');
      // The C library has two names for it.
      expect(others).toBe(stacksOf(bcc.out)[0]!.replace('__GI_inet_pton', 'inet_pton'));
    });
  });
});

async function compare(): Promise<string> {
  await fetchKernel('6.1', { headers: true });
  const { stdout } = await runInVm({
    ...{ kernel: '6.1', headers: true, cpus: 2, memoryMb: 4000, disks: ['8M'], timeoutMs: 3_300_000 },
    command: ['node', 'packages/tracing/test/compare.mjs'],
  });
  return stdout;
}

/** `FUNC COUNT`, added up over the outputs. skep tells probes of USDT with their provider. */
function counts(text: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [, name, count] of text.matchAll(/^(\S+) +(\d+)$/gm)) {
    const func = name!.replace(/^work:/, '');
    sums[func] = (sums[func] ?? 0) + Number(count);
  }
  return sums;
}

/** The last output alone that has this: counts are kept from one to the next, and skep writes the time above each stream. */
function last(text: string, part: RegExp): string {
  const outputs = text.split(/^\[?\d\d:\d\d:\d\d\]?$/m);
  return outputs.findLast((one) => part.test(one)) ?? '';
}

/** `COUNT EVENT` of all specifiers. BCC shows texts as Python writes bytes. */
function events(text: string): string[] {
  const rows = [...last(text, /\d +\S+ = /).matchAll(/(\d+) +([^\s=]+ = .*)$/gm)];
  return rows.map(([, count, event]) => `${count} ${event!.replace(/b'([^']*)'/g, '$1').trimEnd()}`).sort();
}

/**
 * The histograms that are not empty, in the order of their specifiers: `LOW HIGH COUNT` of each bucket. BCC's have no bucket
 * for what is negative; skep counts it in the highest.
 */
function histograms(text: string): string[][] {
  const all = last(text, /->.*: [1-9]/).split(/^ *\S.*: count +distribution.*$/m);
  const buckets = all.map((part) =>
    [...part.matchAll(/^ *(\d+) -> (\d+) *: ([1-9]\d*)/gm)]
      .filter(([, low]) => low !== '9223372036854775808')
      .map(([, low, high, count]) => `${low} ${high} ${count}`),
  );
  return buckets.filter((one) => one.length > 0);
}

/** `FUNC MESSAGE` of each row. */
function messages(text: string): string[] {
  const rows = [...text.matchAll(/^\S+ +\S+ +\S+ +(\S+ +\S.*)$/gm)].map(([, message]) => message!);
  return rows
    .filter((row) => !/^FUNC /.test(row))
    .map((row) =>
      row
        .replace(/b'([^']*)'/g, '$1')
        .replace(/ +/g, ' ')
        .trimEnd(),
    );
}

/** The stack below each row, a frame to a line. */
function stacksOf(text: string): string[] {
  const rows = text
    .split(/^(?! {8}\S)/m)
    .map((part) => [...part.matchAll(/^ {8}(\S.*)$/gm)].map(([, frame]) => frame!));
  return joined(rows);
}

/** Lines between those of frames fall apart one by one; what has frames is one stack. */
function joined(rows: readonly (readonly string[])[]): string[] {
  return rows.filter((frames) => frames.length > 0).map((frames) => frames.join('\n'));
}
