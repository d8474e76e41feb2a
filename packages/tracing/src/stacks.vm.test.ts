// One-liners of stackcount's manual page, run with BCC's tool and with skep's on the same workload in a guest. Needs
// Debian's bpfcc-tools. SKEP_COMPARED_STACKS names a file with what an earlier run of test/stacks.mjs has printed.
import { existsSync, readFileSync } from 'node:fs';
import { fetchKernel, runInVm } from '@skep/vm';
import { beforeAll, describe, expect, it } from 'vitest';

interface Result {
  readonly name: 'bcc' | 'skep';
  readonly args: readonly string[];
  readonly out: string;
}

const earlier = process.env.SKEP_COMPARED_STACKS;
const noTools = earlier === undefined && !existsSync('/usr/sbin/stackcount-bpfcc');
let results: readonly Result[] = [];

describe.skipIf(noTools)('stackcount', () => {
  beforeAll(async () => {
    const lines = earlier === undefined ? await compare() : readFileSync(earlier, 'utf8');
    results = lines.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Result] : []));
  }, 3_600_000);

  const shown = (name: Result['name'], pattern: string) =>
    stacks(results.find((one) => one.name === name && one.args.join(' ').endsWith(pattern))!.out);

  it.each([
    ['-d ip_output', 15],
    ['-Ti 5 ip_output', 15],
    ['-K submit_bio', 7],
    ['-K t:sched:sched_process_fork', 2],
    ['tcp_send*', 24],
    ['-r ^tcp_send.*', 24],
    ['c:malloc', 16],
  ])('%s counts the stacks that BCC counts', (pattern, calls) => {
    expect(shown('skep', pattern)).toEqual(shown('bcc', pattern));
    expect(shown('skep', pattern).reduce((sum, stack) => sum + Number(stack.split(' ', 1)[0]), 0)).toBe(calls);
  });

  // BCC 0.26 ends with an exception when the file of USDT probes is a path.
  it('u:/tmp/skepwork:gc* counts what the workload does', () => {
    expect(shown('skep', 'u:/tmp/skepwork:gc*')).toEqual(['10 user, 2 frames']);
  });
});

async function compare(): Promise<string> {
  await fetchKernel('6.1', { headers: true });
  const { stdout } = await runInVm({
    ...{ kernel: '6.1', headers: true, cpus: 1, disks: ['8M'], timeoutMs: 3_000_000 },
    command: ['node', 'packages/tracing/test/stacks.mjs', 'skep', 'bcc'],
  });
  return stdout;
}

/** Counts and the kernel's half; of the program's the number of frames, as aliases of functions are chosen by each tool. */
function stacks(text: string): string[] {
  const found: string[] = [];
  let frames: string[] = [];
  for (const line of text.split('\n')) {
    const count = /^ {4}(\d+)$/.exec(line)?.[1];
    if (count !== undefined) {
      const entry = frames.findIndex((frame) => /^(entry_|el0t_)/.test(frame));
      const kernel = entry < 0 ? 'user' : frames.slice(0, entry + 1).join('>');
      found.push(`${count} ${kernel}, ${frames.length} frames`);
    }
    if (/^ {2}\S/.test(line)) frames.push(line.trim());
    else if (!line.startsWith('    --')) frames = [];
  }
  return found.sort();
}
