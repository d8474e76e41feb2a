import { readElf } from '../btf/index.js';
import { HELPER_NAMES } from './helper-names.js';
import { CALL, CALL_KIND, readInstructions } from './instruction.js';

/** A call of a kernel helper somewhere in an object, whether or not it can be reached. */
export interface HelperCall {
  /** With its prefix: `bpf_probe_write_user`. */
  readonly helper: string;
  readonly section: string;
  /** Index of the instruction in its section. */
  readonly instruction: number;
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
  // A kernel function in place of a helper, since Linux 6.13.
  'bpf_send_signal_task',
]);

/**
 * Every call of a helper in the object, and the dangerous ones of the kernel functions it names (without their places).
 *
 * @throws SkepError SKEP_SCHEMA when the bytes are not an object.
 */
export function helperCalls(object: Uint8Array): HelperCall[] {
  const { sections, symbols } = readElf(object);
  const helpers = sections
    .filter(({ isCode }) => isCode)
    .flatMap(({ name: section, data }) =>
      readInstructions(data).flatMap(({ code, src, imm }, instruction) =>
        code === CALL && src === CALL_KIND.helper
          ? [{ helper: `bpf_${HELPER_NAMES[imm] ?? `#${imm}`}`, section, instruction }]
          : [],
      ),
    );
  const functions = symbols.filter(({ section, name }) => section === 0 && DANGEROUS_HELPERS.has(name));
  return [...helpers, ...functions.map(({ name }) => ({ helper: name, section: '', instruction: 0 }))];
}
