import { definePlugin, option, type Probe } from '@skep/core';
import { patternProbe } from '@skep/tracing';
import { frameStyle, hasTasks } from './output.js';
import { selftest } from './selftest.js';
import object from './stackcount.bpf.js';

const PROGRAMS = {
  event: { copied: 'count_event', type: 'tracepoint', isNumbered: false },
  function: { copied: 'count_function', shared: 'count_function', type: 'kprobe', isNumbered: false },
} as const;

const plugin = definePlugin({
  object,
  attach: [],
  arguments: [{ option: 'pattern', required: true }],
  streams: {
    counts: {
      doc: 'one stack, and how often it led to the places',
      snapshot: 'counts',
      stacks: {
        user: 'user_stack',
        kernel: 'kernel_stack',
        count: 'count',
        unit: 'calls',
        name: 'comm',
        id: 'pid',
        // One process needs no name.
        task: '!pid',
        look: 'narrow',
        text: frameStyle,
        folded: 'folded',
        delimited: 'delimited',
      },
      keyFields: { pid: hasTasks, comm: hasTasks },
      timestamp: 'timestamp',
    },
  },
  options: {
    pattern: option.string('What to count: FN, LIB:FN, t:CATEGORY:EVENT or u:LIB:PROBE, with * for any characters'),
    pid: option.pid(),
    cpu: option.integer('Only on this CPU', { flags: '-c CPU, --cpu CPU', max: 65535, defaultText: 'all' }),
    interval: option.every('Time between outputs', {
      flags: '-i INTERVAL, --interval INTERVAL',
      defaultText: 'the end',
    }),
    duration: option.stopAfter('Stop after this time', {
      flags: '-D DURATION, --duration DURATION',
      defaultText: 'endless',
    }),
    timestamp: option.boolean('Show the time of each output', { flags: '-T, --timestamp' }),
    regexp: option.boolean('The name is a regular expression', { flags: '-r, --regexp' }),
    offset: option.boolean('Places in functions', { flags: '-s, --offset' }),
    perpid: option.boolean('Stacks of each process on their own', { flags: '-P, --perpid' }),
    kernel_stacks_only: option.boolean("Only the kernel's half of stacks", {
      flags: '-K, --kernel-stacks-only',
      conflicts: ['user_stacks_only'],
    }),
    user_stacks_only: option.boolean("Only the programs' half of stacks", { flags: '-U, --user-stacks-only' }),
    verbose: option.boolean('The address before each frame', { flags: '-v, --verbose' }),
    delimited: option.boolean('A line between the two halves of a stack', { flags: '-d, --delimited' }),
    folded: option.boolean('A line per stack, for flame graph programs', { flags: '-f, --folded' }),
    stack_storage_size: option.mapEntries('skep_stacks', 'Most different stacks in one interval', {
      flags: '--stack-storage-size N',
      default: 16_384,
    }),
    debug: option.boolean('Say what is attached', { flags: '--debug' }),
  },
  probe: (request): Probe => patternProbe(request, plugin, PROGRAMS),
  selftest,
});

export default plugin;
