import { HELPER_NAMES } from './helper-names.js';
import { CALL, CALL_KIND } from './instruction.js';
import type { ObjectCode } from './object-code.js';

/** A call of a kernel helper somewhere in an object, whether or not it can be reached. */
export interface HelperCall {
  /** With its prefix: `bpf_probe_write_user`. */
  readonly helper: string;
  readonly section: string;
  /** Index of the instruction in its section. */
  readonly instruction: number;
}

/** Every call of a helper in the object. */
export function helperCalls(code: ObjectCode): HelperCall[] {
  return [...code.sections.values()].flatMap(({ name: section, instructions }) =>
    instructions.flatMap(({ code: operation, src, imm }, instruction) =>
      operation === CALL && src === CALL_KIND.helper
        ? [{ helper: `bpf_${HELPER_NAMES[imm] ?? `#${imm}`}`, section, instruction }]
        : [],
    ),
  );
}

/**
 * Helpers that change what they watch: they write to the memory of processes, end them, or make kernel functions fail.
 * A plugin that calls one is refused until the configuration allows it by name.
 */
export const DANGEROUS_HELPERS: ReadonlySet<string> = new Set([
  'bpf_probe_write_user',
  'bpf_send_signal',
  'bpf_send_signal_thread',
  'bpf_override_return',
]);
