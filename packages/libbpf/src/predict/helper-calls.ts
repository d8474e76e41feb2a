import { readElf } from '../btf/index.js';
import { GUARDED_HELPERS } from './guarded-helpers.js';
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
 * Every call of a helper in the object, and the guarded ones of the kernel functions it names (without their places).
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
  const guarded: readonly string[] = GUARDED_HELPERS;
  const functions = symbols.filter(({ section, name }) => section === 0 && guarded.includes(name));
  return [...helpers, ...functions.map(({ name }) => ({ helper: name, section: '', instruction: 0 }))];
}
