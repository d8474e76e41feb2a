import type { Problem } from './attach-target.js';
import { FEATURES } from './features.js';
import { HELPER_NAMES } from './helper-names.js';
import { findType, type KernelDescription } from './kernel.js';
import type { ProgramKind } from './program-kind.js';
import type { ReachedCode } from './reach.js';

/** Helpers that only some kinds of programs may call, where plugins could be tempted. The others of tracing are for all. */
const ONLY_FOR: Readonly<Record<string, readonly ProgramKind[]>> = {
  perf_prog_read_value: ['perf_event'],
  seq_printf: ['iter'],
  seq_write: ['iter'],
  d_path: ['fentry', 'iter', 'lsm', 'tp_btf'],
  get_func_arg: ['fentry'],
  get_func_ret: ['fentry'],
  get_func_arg_cnt: ['fentry'],
};

/** Calls that the kernel does not have, or not for this kind of program. */
export function helperProblems(reached: ReachedCode, kind: ProgramKind, kernel: KernelDescription): Problem[] {
  const enumeration = findType(kernel.tables, 'bpf_func_id', 'enum')?.type;
  const known = enumeration?.kind === 'enum' ? new Set(enumeration.values.map(([, value]) => value)) : undefined;
  const problems: Problem[] = [];
  for (const { what: number, isCertain } of reached.helpers) {
    const name = HELPER_NAMES[number] ?? `#${number}`;
    const feature = FEATURES.find(({ helpers }) => helpers?.includes(`BPF_FUNC_${name}`));
    const answer = feature ? kernel.feature(feature.name) : undefined;
    if (known && !known.has(number))
      problems.push({ reason: `calls bpf_${name}(), which this kernel lacks`, isCertain });
    else if (answer?.state === 'no') problems.push({ reason: `calls bpf_${name}(): ${answer.reason}`, isCertain });
    else if (ONLY_FOR[name] && !ONLY_FOR[name].includes(kind)) {
      problems.push({ reason: `calls bpf_${name}(), which ${kind} programs may not`, isCertain });
    }
  }
  for (const { what: name, isCertain } of reached.kernelFunctions) {
    const found = kernel.functionNamed(name);
    if (found === 'unknown') problems.push({ reason: `functions are not described: ${name}()`, isCertain: false });
    else if (found?.params === undefined)
      problems.push({ reason: `calls ${name}(), which this kernel lacks`, isCertain });
  }
  return problems;
}
