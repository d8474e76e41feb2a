import { definePlugin, option } from '@skep/core';
import object from './offcputime.bpf.js';
import { selftest } from './selftest.js';

const MAX_ID = 0x7fffffff;

export default definePlugin({
  object,
  attach: [['switch_btf'], ['switch_raw']],
  arguments: [{ option: 'duration' }],
  streams: {
    blocked: {
      doc: 'one stack of one thread, and how long the thread was off the CPU in it',
      snapshot: 'blocked',
      banner: ({
        pids,
        tids,
        user_threads_only,
        kernel_threads_only,
        user_stacks_only,
        kernel_stacks_only,
        folded,
      }) => {
        if (folded) return '';
        const kind = user_threads_only ? 'user threads' : kernel_threads_only ? 'kernel threads' : 'all threads';
        const whom = pids ? `PID [${pids.join(', ')}]` : tids ? `TID [${tids.join(', ')}]` : kind;
        const stack = user_stacks_only ? 'user' : kernel_stacks_only ? 'kernel' : 'user + kernel';
        return `Tracing off-CPU time (us) of ${whom} by ${stack} stack... Hit Ctrl-C to end.`;
      },
      stacks: {
        user: 'user_stack',
        kernel: 'kernel_stack',
        count: 'total_us',
        unit: 'us',
        name: 'comm',
        id: 'tid',
        text: ({ offset }) => (offset ? 'places' : 'names'),
        folded: 'folded',
        delimited: 'delimited',
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
      conflicts: ['tids', 'user_threads_only', 'kernel_threads_only'],
    }),
    tids: option.integers('Only these threads', {
      flags: '-t TID, --tid TID',
      min: 1,
      max: MAX_ID,
      defaultText: 'all',
      conflicts: ['user_threads_only', 'kernel_threads_only'],
    }),
    user_threads_only: option.boolean('No threads of the kernel', {
      flags: '-u, --user-threads-only',
      conflicts: ['kernel_threads_only'],
    }),
    kernel_threads_only: option.boolean('Only threads of the kernel', { flags: '-k, --kernel-threads-only' }),
    user_stacks_only: option.boolean("Only the programs' half of stacks", {
      flags: '-U, --user-stacks-only',
      conflicts: ['kernel_stacks_only'],
    }),
    kernel_stacks_only: option.boolean("Only the kernel's half of stacks", { flags: '-K, --kernel-stacks-only' }),
    delimited: option.boolean('A line between the two halves of a stack', { flags: '-d, --delimited' }),
    folded: option.boolean('A line per stack, for flame graph programs', {
      flags: '-f, --folded',
      conflicts: ['offset'],
    }),
    offset: option.boolean('Places in functions, and their files', { flags: '-s, --offset' }),
    stack_storage_size: option.mapEntries('skep_stacks', 'Most different stacks in one interval', {
      flags: '--stack-storage-size N',
      default: 16_384,
    }),
    perf_max_stack_depth: option.integer('Most frames of each half, the innermost', {
      flags: '--perf-max-stack-depth N',
      min: 1,
      max: 127,
      default: 127,
    }),
    min_block_time: option.integer('Only times of at least so many microseconds', {
      flags: '-m US, --min-block-time US',
      default: 1,
    }),
    max_block_time: option.integer('Only times of at most so many microseconds', {
      flags: '-M US, --max-block-time US',
      defaultText: 'all',
    }),
    state: option.integer(
      'Only tasks that left in any of these states, a mask; 0: while runnable; 2: uninterruptible',
      {
        flags: '--state MASK',
        max: 0x7fffffff,
        defaultText: 'all',
      },
    ),
  },
  selftest,
});
