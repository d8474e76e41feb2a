import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findType, tracepointArgs } from '../predict/index.js';
import { elsewhere, knownKernel, knownKernels } from './known-kernels.js';

const FOLDER = fileURLToPath(new URL('../../kernels', import.meta.url));
const names = knownKernels().map(({ name }) => name);

describe('descriptions of kernels', () => {
  it('are there for the kernels that skep is tested on, and small', () => {
    expect(names).toEqual(['5.10', '6.1', '6.12', 'sid']);
    const bytes = readdirSync(FOLDER).reduce((sum, file) => sum + statSync(`${FOLDER}/${file}`).size, 0);
    expect(bytes).toBeLessThan(3_000_000);
  });

  it('tell the kernels apart: rq_disk went with 5.17, block_io_start came with 6.5, kprobe.multi with 5.18', () => {
    const facts = names.map((name) => {
      const kernel = knownKernel(name);
      const request = findType(kernel.tables, 'request', 'struct')!.type;
      const hasDisk = 'members' in request && request.members.some((member) => member.name === 'rq_disk');
      const multi = kernel.feature('kprobe_multi').state;
      return [hasDisk, tracepointArgs(kernel.tables, 'block_io_start'), kernel.rawTracepoint('block_io_start'), multi];
    });
    expect(facts).toEqual([
      [true, undefined, undefined, 'no'],
      [false, undefined, undefined, 'yes'],
      [false, 1, { args: 1 }, 'yes'],
      [false, 1, { args: 1 }, 'yes'],
    ]);
  });

  it.each(names)('%s knows functions and the records of tracepoints', (name) => {
    const kernel = knownKernel(name);
    expect(kernel.functionNamed('do_sys_openat2')).toEqual({ isTraceable: true, params: 3 });
    expect(kernel.functionNamed('no_such_function')).toBeUndefined();
    // Iterators are types to attach to, and no functions that run.
    expect(kernel.functionNamed('bpf_iter_task')).toMatchObject({ isTraceable: false, params: 2 });
    expect(kernel.tracepoint('syscalls/sys_enter_openat')).toMatchObject({
      fields: expect.arrayContaining([
        { name: 'common_pid', offset: 4, size: 4 },
        { name: 'filename', offset: 24, size: 8 },
      ]),
    });
    expect(kernel.tracepoint('sched/nothing')).toBeUndefined();
  });

  it('say which other kernels have what one lacks', () => {
    expect(elsewhere('raw', 'block_io_start')).toBe('it came after Linux 6.1, and 6.12 has it');
    expect(elsewhere('function', 'blk_account_io_start')).toMatch(/^Debian 5.10, 6.12.* have it$/);
    expect(elsewhere('tracepoint', 'no/such')).toBe('');
  });

  it('have no other kernel', () => {
    expect(() => knownKernel('6.13')).toThrow(expect.objectContaining({ code: 'SKEP_USAGE' }));
  });
});
