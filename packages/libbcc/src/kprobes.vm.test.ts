import { fetchKernel, runInVm } from '@skep/vm';
import { beforeAll, expect, it } from 'vitest';

beforeAll(async () => {
  await fetchKernel('6.1', { headers: true });
});

it('kernel functions are probed by kprobes, BTF and LSM, one by one and by an expression', {
  timeout: 3_600_000,
}, async () => {
  const { stdout, stderr, exitCode } = await runInVm({
    kernel: '6.1',
    headers: true,
    cpus: 1,
    append: ['lsm=bpf'],
    command: ['node', 'packages/libbcc/test/guest.mjs'],
    timeoutMs: 3_000_000,
  });
  expect([exitCode, stderr]).toEqual([0, '']);
  const { rows, kinds, counts, after, failures, warnings, events, matched } = JSON.parse(stdout);
  const made = { pid: expect.any(Number), result: 0, comm: 'node', mode: 0o750 };
  expect(rows).toEqual(Array.from({ length: 7 }, () => made));
  expect(kinds.sort()).toEqual([
    'kfunc vfs_mkdir',
    'kprobe vfs_(mk|rm)dir',
    'kprobe vfs_mkdir',
    'kprobe vfs_rmdir',
    'kretfunc vfs_rmdir',
    'kretprobe vfs_mkdir',
    'lsm path_mkdir',
  ]);
  // Both functions of the expression; then each of the others.
  expect(counts).toEqual([14, 7, 7, 7, 7, 0]);
  expect(after).toBe(14);
  expect(matched).toEqual(['vfs_mkdir', 'vfs_rmdir']);
  expect(failures).toEqual([
    ['SKEP_ATTACH', expect.stringContaining('vfs_mkdri'), 'did you mean "vfs_mkdir"?'],
    ['SKEP_ATTACH', expect.stringMatching(/matches \d+ kernel functions, more than 1000/), expect.any(String)],
    ['SKEP_ATTACH', 'no kernel function matches /^(?:no_such_.*)$/', ''],
  ]);
  // The headers are this kernel's, and no entries of tracefs are left behind.
  expect([warnings, events]).toEqual([[], '']);
});
