import { definePlugin, option } from '@skep/core';
import object from './profile.bpf.js';
import { selftest } from './selftest.js';

const MAX_ID = 0x7fffffff;

export default definePlugin({
  object,
  attach: [['sample_clock']],
  arguments: [{ option: 'duration' }],
  sampling: ({ frequency, count, cpu }) => ({ hertz: frequency, period: count, cpu }),
  streams: {
    samples: {
      doc: 'one stack of one process, and how often CPUs were found in it',
      snapshot: 'counts',
      banner: ({ frequency, count, pids, tids, user_stacks_only, kernel_stacks_only, folded }) => {
        if (folded) return '';
        const rate = count === undefined ? `${frequency ?? 49} Hertz` : `1 in ${count} events`;
        const whom = pids ? `PID [${pids.join(', ')}]` : tids ? `TID [${tids.join(', ')}]` : 'all threads';
        const stack = user_stacks_only ? 'user' : kernel_stacks_only ? 'kernel' : 'user + kernel';
        return `Sampling at ${rate} of ${whom} by ${stack} stack... Hit Ctrl-C to end.`;
      },
      stacks: {
        user: 'user_stack',
        kernel: 'kernel_stack',
        count: 'samples',
        unit: 'samples',
        name: 'comm',
        id: 'pid',
        text: ({ address }) => (address ? 'addresses' : 'places'),
        folded: 'folded',
        delimited: 'delimited',
        annotated: 'annotations',
      },
    },
  },
  options: {
    duration: option.stopAfter('Seconds to run', { defaultText: 'endless' }),
    pids: option.integers('Only these processes', {
      flags: '-p PID, --pid PID',
      min: 1,
      max: MAX_ID,
      defaultText: 'all',
      conflicts: ['tids'],
    }),
    tids: option.integers('Only these threads', {
      flags: '-L TID, --tid TID',
      min: 1,
      max: MAX_ID,
      defaultText: 'all',
    }),
    user_stacks_only: option.boolean("Only the programs' half of stacks", {
      flags: '-U, --user-stacks-only',
      conflicts: ['kernel_stacks_only'],
    }),
    kernel_stacks_only: option.boolean("Only the kernel's half of stacks", { flags: '-K, --kernel-stacks-only' }),
    frequency: option.integer('Samples a second on each CPU', {
      flags: '-F HZ, --frequency HZ',
      min: 1,
      max: 100_000,
      defaultText: '49',
      conflicts: ['count'],
    }),
    count: option.integer('A sample every so many nanoseconds of the clock, in place of a frequency', {
      flags: '-c N, --count N',
      min: 1000,
      defaultText: 'off',
    }),
    delimited: option.boolean('A line between the two halves of a stack', { flags: '-d, --delimited' }),
    annotations: option.boolean('End frames of the kernel in _[k]', { flags: '-a, --annotations' }),
    include_idle: option.boolean('CPUs that are idle too', { flags: '-I, --include-idle' }),
    folded: option.boolean('A line per stack, for flame graph programs', { flags: '-f, --folded' }),
    hash_storage_size: option.mapEntries('counts', 'Most pairs of a process and a stack in one interval', {
      flags: '--hash-storage-size N',
      default: 40_960,
    }),
    stack_storage_size: option.mapEntries('skep_stacks', 'Most different stacks in one interval', {
      flags: '--stack-storage-size N',
      default: 16_384,
    }),
    cpu: option.integer('Only this CPU', { flags: '-C CPU, --cpu CPU', max: 4095, defaultText: 'all' }),
    cgroupmap: option.cgroupmap(),
    mntnsmap: option.mntnsmap(),
    address: option.boolean('The address before each frame', { flags: '-A, --address' }),
  },
  selftest,
});
