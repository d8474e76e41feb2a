/** How a program attaches, by its section's name. */
export type ProgramKind =
  | 'tracepoint'
  | 'raw_tp'
  | 'tp_btf'
  | 'fentry'
  | 'kprobe'
  | 'kprobe_multi'
  | 'uprobe'
  | 'usdt'
  | 'perf_event'
  | 'iter'
  | 'lsm'
  | 'other';

export interface AttachPoint {
  readonly kind: ProgramKind;
  /** What stands behind the kind: `sched/sched_switch`, `tcp_set_state`. */
  readonly target: string;
}

/** libbpf's spellings, without the `.s` of programs that may sleep. */
const KINDS: Readonly<Record<string, ProgramKind>> = {
  tp: 'tracepoint',
  tracepoint: 'tracepoint',
  raw_tp: 'raw_tp',
  raw_tracepoint: 'raw_tp',
  tp_btf: 'tp_btf',
  fentry: 'fentry',
  fexit: 'fentry',
  fmod_ret: 'fentry',
  kprobe: 'kprobe',
  kretprobe: 'kprobe',
  ksyscall: 'kprobe',
  kretsyscall: 'kprobe',
  'kprobe.multi': 'kprobe_multi',
  'kretprobe.multi': 'kprobe_multi',
  uprobe: 'uprobe',
  uretprobe: 'uprobe',
  usdt: 'usdt',
  perf_event: 'perf_event',
  iter: 'iter',
  lsm: 'lsm',
};

/** @see https://docs.kernel.org/bpf/libbpf/program_types.html */
export function attachPoint(section: string): AttachPoint {
  const slash = section.indexOf('/');
  const [word, target] = slash < 0 ? [section, ''] : [section.slice(0, slash), section.slice(slash + 1)];
  const name = word.replace(/\.s$/, '');
  return { kind: Object.hasOwn(KINDS, name) ? KINDS[name]! : 'other', target };
}
