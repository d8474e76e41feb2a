/** What can be made. */
export type Kind = 'events' | 'table' | 'histogram' | 'stacks' | 'uprobe' | 'bcc' | 'sink' | 'processor';

/** What a kind is, for help and for the README of what is made. */
export interface KindFacts {
  /** The one line of its package.json. */
  readonly description: string;
  /** What it answers and what it cannot see. */
  readonly about: string;
  /** Output of it, behind a command line. */
  readonly example: string;
  readonly kernels: string;
  readonly hasOptions: boolean;
}

const BY_TRACEPOINT = '1. `tp_btf`: Linux 5.5.\n2. `raw_tp`: the same rows, on kernels without BTF for modules, too.';

const NONE = { about: '', example: '', kernels: '', hasOptions: true };

export const KINDS: Readonly<Record<Kind, KindFacts>> = {
  events: {
    description: 'processes that end, and how they ended',
    about: 'One row per process that ends. Threads that end while their process goes on are not shown.',
    example: `# skep {{name}} -x
TIME                          PID   CODE COMM
2026-01-01T00:00:00.000000000   42    256 false`,
    kernels: BY_TRACEPOINT,
    hasOptions: true,
  },
  table: {
    description: 'how often processes are put on a CPU',
    about: 'Counted in the kernel and read at intervals: one row per process that ran. Idle CPUs are not counted.',
    example: `# skep {{name}} 5 1
PID   COMM             SWITCHES
42    node                  312`,
    kernels: BY_TRACEPOINT,
    hasOptions: false,
  },
  histogram: {
    description: 'how long processes live, by command',
    about: 'One histogram of milliseconds for each command, filled in the kernel as processes end.',
    example: `# skep {{name}} 5 1
comm = sleep
     msecs               : count     distribution
        64 -> 127        : 3        |****************************************|`,
    kernels: BY_TRACEPOINT,
    hasOptions: false,
  },
  stacks: {
    description: 'where new processes and threads come from, by stack',
    about: 'Counted in the kernel by the stack that made them; `-o FILE.svg` draws a flame graph.',
    example: `# skep {{name}} 5 1
    kernel_clone
    __x64_sys_vfork
    do_syscall_64
    __vfork
    -                sh (42)
        3`,
    kernels: BY_TRACEPOINT,
    hasOptions: false,
  },
  uprobe: {
    description: 'names that programs look up by getaddrinfo(3)',
    about: 'One row per call. Programs that are linked statically, or that ask DNS servers themselves, are not seen.',
    example: `# skep {{name}}
TIME                          PID COMM HOST
2026-01-01T00:00:00.000000000  42 curl example.org`,
    kernels: 'Wherever there are uprobes.',
    hasOptions: true,
  },
  bcc: { ...NONE, description: 'signals that are sent with kill(2)' },
  sink: { ...NONE, description: 'appends rows to a file, one JSON object per line' },
  processor: { ...NONE, description: 'drops the rows of some commands' },
};

export const PLUGIN_KINDS: readonly Kind[] = ['events', 'table', 'histogram', 'stacks', 'uprobe', 'bcc'];
