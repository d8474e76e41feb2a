// One-liners of BCC's manual pages with skep's tools in a guest, beside what BCC's tools have shown on the same workload.
import { beforeAll, describe, expect, it } from 'vitest';
import { type OneLiners, shownByBcc, shownBySkep } from './one-liners-fixture.js';

describe("BCC's one-liners", () => {
  const recorded = shownByBcc();
  let run: OneLiners;

  beforeAll(async () => {
    run = await shownBySkep();
  }, 3_600_000);

  const both = (tool: string, name: string) => ({ bcc: recorded.of(tool, name).out, skep: run.of(tool, name).out });

  describe('of funccount', () => {
    it.each([
      ['vfs_*', { vfs_open: 9, vfs_read: 10 }],
      ['-r', { vfs_open: 9, vfs_read: 10 }],
      ['-i', { vfs_open: 9, vfs_read: 10 }],
      ['-c', { vfs_open: 9, vfs_read: 10 }],
      ['tcp_send*', { tcp_sendmsg: 5, tcp_send_mss: 5 }],
      ['c:malloc', {}],
      ['tracepoint', { 'sched:sched_process_fork': 3 }],
      ['USDT', { gc__start: 9, gc__done: 1 }],
    ])('%s counts what BCC counts', (name, least) => {
      const { bcc, skep } = both('funccount', name);
      expect(counts(skep)).toEqual(counts(bcc));
      expect(counts(skep)).toMatchObject(least);
      expect(Object.keys(counts(skep))).not.toEqual([]);
    });
  });

  describe('of argdist', () => {
    it.each(['user', 'kernel'])('-C counts values as BCC does: %s', (name) => {
      const { bcc, skep } = both('argdist', name);
      expect(events(skep)).toEqual(events(bcc));
      const seen = { user: '11 size = 16', kernel: '2 file->f_path.dentry->d_iname = hostname, count = 8' }[name];
      expect(events(skep)).toContain(seen);
    });

    it.each(['user', 'kernel', 'disk'])('-H fills histograms as BCC does: %s', (name) => {
      const { bcc, skep } = both('argdist', name);
      // Who is interrupted allocates for others too: of `__kmalloc`, only these are the workload's every time.
      const isSteady = (bucket: string, i: number) => name !== 'kernel' || i > 0 || bucket.startsWith('64 127 ');
      const steady = (text: string) => histograms(text).map((one, i) => one.filter((bucket) => isSteady(bucket, i)));
      expect(steady(skep)).toEqual(steady(bcc));
      expect(histograms(skep)).toHaveLength({ user: 3, kernel: 2, disk: 1 }[name]!);
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
      const { bcc, skep } = both('trace', name);
      const shown = (text: string) => messages(text).filter((line) => line === message).length;
      expect([shown(skep), shown(bcc)]).toEqual([times, times]);
    });

    it.each(['kernel', 'user'])('%s: shows nothing that BCC does not', (name) => {
      const { bcc, skep } = both('trace', name);
      expect(messages(skep).sort()).toEqual(messages(bcc).sort());
    });

    it("-K has the kernel's stacks as BCC has them", () => {
      const { bcc, skep } = both('trace', 'kernel');
      const stacks = stacksOf(skep);
      expect(stacks.sort()).toEqual(stacksOf(bcc).sort());
      expect(stacks.filter((stack) => /__x64_sys_nanosleep \[kernel\]/.test(stack)).length).toBeGreaterThan(2);
    });

    it('-s and -U have the frames that BCC has, and the caller that it leaves out', () => {
      const { bcc, skep } = both('trace', 'user stack');
      const [stack = ''] = stacksOf(skep);
      const frames = stack.split('\n');
      expect(frames[1]).toBe('parse_address [skepwork]');
      const others = frames.filter((_, depth) => depth !== 1).join('\n');
      // The C library has two names for it.
      expect(others).toBe(stacksOf(bcc)[0]!.replace('__GI_inet_pton', 'inet_pton'));
    });
  });

  describe('of stackcount', () => {
    it.each([
      ['-d ip_output', 6],
      ['-Ti 5 ip_output', 6],
      ['-K submit_bio', 7],
      ['-K t:sched:sched_process_fork', 3],
      ['tcp_send*', 15],
      ['-r ^tcp_send.*', 15],
      ['c:malloc', 16],
    ])('%s counts the stacks that BCC counts', (name, calls) => {
      const { bcc, skep } = both('stackcount', name);
      expect(countedStacks(skep)).toEqual(countedStacks(bcc));
      const sum = countedStacks(skep).reduce((sum, stack) => sum + Number(stack.split(' ', 1)[0]), 0);
      expect(sum).toBe(calls);
    });

    // BCC 0.26 ends with an exception when the file of USDT probes is a path.
    it('u:/tmp/skepwork:gc* counts what the workload does', () => {
      expect(countedStacks(run.of('stackcount', 'u:/tmp/skepwork:gc*').out)).toEqual(['10 user, 2 frames']);
    });
  });
});

/** Where debug information is installed, skep has frames that BCC does not know of. */
const INLINED = / \(inlined\)/;

/** `FUNC COUNT`, added up over the outputs. skep tells probes of USDT with their provider. */
function counts(text: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [, name, count] of text.matchAll(/^(\S+) +(\d+)$/gm)) {
    const func = name!.replace(/^work:/, '');
    // When a connection ends, who is interrupted for it is a matter of chance.
    if (!/^tcp_send_(ack|delayed_ack|fin|active_reset|probe0)$/.test(func))
      sums[func] = (sums[func] ?? 0) + Number(count);
  }
  return sums;
}

/** The last output alone that has this: counts are kept from one to the next, and skep writes the time above each stream. */
function last(text: string, part: RegExp): string {
  const outputs = text.split(/^\[?\d\d:\d\d:\d\d\]?$/m);
  return outputs.findLast((one) => part.test(one)) ?? '';
}

/**
 * `COUNT EVENT` of all specifiers. BCC shows texts as Python writes bytes, and has several rows for one that differs in
 * what lies behind its end.
 */
function events(text: string): string[] {
  const sums = new Map<string, number>();
  for (const [, count, event] of last(text, /\d +\S+ = /).matchAll(/(\d+) +([^\s=]+ = .*)$/gm)) {
    const shown = event!.replace(/b'([^']*)'/g, '$1').trimEnd();
    sums.set(shown, (sums.get(shown) ?? 0) + Number(count));
  }
  return [...sums].map(([event, count]) => `${count} ${event}`).sort();
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

/** The stack below each row, a frame to a line. Where in its function it is differs from build to build. */
function stacksOf(text: string): string[] {
  const rows = text.split(/^(?! {8}\S)/m).map((part) => {
    const frames = [...part.matchAll(/^ {8}(\S.*)$/gm)].map(([, frame]) => frame!.replace(/\+0x[0-9a-f]+/, ''));
    return frames.filter((frame) => !INLINED.test(frame));
  });
  // Lines between those of frames fall apart one by one; what has frames is one stack.
  return rows.filter((frames) => frames.length > 0).map((frames) => frames.join('\n'));
}

/**
 * Counts and the kernel's half; of the program's the number of frames, as aliases of functions are chosen by each tool.
 * Without what a soft interrupt, a backlog or the end of a connection does meanwhile: that is a matter of chance.
 */
function countedStacks(text: string): string[] {
  const found: string[] = [];
  let frames: string[] = [];
  for (const line of text.split('\n')) {
    const count = /^ {4}(\d+)$/.exec(line)?.[1];
    if (count !== undefined && !frames.some((frame) => /softirq|__release_sock|_close$/.test(frame))) {
      const entry = frames.findIndex((frame) => /^(entry_|el0t_)/.test(frame));
      const kernel = entry < 0 ? 'user' : frames.slice(0, entry + 1).join('>');
      found.push(`${count} ${kernel}, ${frames.length} frames`);
    }
    if (INLINED.test(line)) continue;
    if (/^ {2}\S/.test(line)) frames.push(line.trim());
    else if (!line.startsWith('    --')) frames = [];
  }
  return found.sort();
}
