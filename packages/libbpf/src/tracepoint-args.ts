import { readFileSync } from 'node:fs';
import { paramCounts } from './btf/index.js';
import type { Configurable } from './constants.js';

const PREFIX = 'skep_args_';
const KERNEL_BTF = '/sys/kernel/btf/vmlinux';

/** Answers of this kernel, by tracepoint; its BTF itself (several MB) is not kept. */
const known = new Map<string, number | undefined>();

/**
 * Set the constants `skep_args_<tracepoint>` to the number of arguments the tracepoint has on the kernel, which `argsOf`
 * knows (default: this kernel, by its BTF); where it is not known (no BTF, no such tracepoint) the C default stays.
 *
 * Trying is no way to find out: a program that takes an argument by the wrong place may load, and read one kernel
 * structure as another (block_bio_queue on 5.10).
 */
export function setTracepointArgs(object: Pick<Configurable, 'info' | 'setConstant'>, argsOf?: ArgsOf): void {
  const names = [...object.info.variables.keys()]
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length));
  if (!argsOf) learn(names.filter((name) => !known.has(name)));
  for (const name of names) {
    const args = argsOf ? argsOf(name) : known.get(name);
    if (args !== undefined) object.setConstant(`${PREFIX}${name}`, Uint8Array.of(args));
  }
}

type ArgsOf = (tracepoint: string) => number | undefined;

function learn(names: readonly string[]): void {
  if (names.length === 0) return;
  let counts: ReadonlyMap<string, number> = new Map();
  try {
    counts = paramCounts(
      readFileSync(KERNEL_BTF),
      names.map((name) => `btf_trace_${name}`),
    );
  } catch {
    // Without BTF tp_btf programs do not load either, and their error says what is missing.
  }
  for (const name of names) {
    const params = counts.get(`btf_trace_${name}`);
    // The first parameter is the void * of whoever registered.
    known.set(name, params === undefined ? undefined : params - 1);
  }
}
