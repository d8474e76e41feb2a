import type { TypeTable } from '../btf/index.js';
import type { FeatureSet } from './features.js';

export type Verdict = 'possible' | 'refused' | 'unknown';

/** Whether a kernel has something; a reason where it has not, or where it cannot be told. */
export interface Answer {
  readonly state: 'yes' | 'no' | 'unknown';
  readonly reason: string;
}

export const YES: Answer = { state: 'yes', reason: '' };

export interface KernelFunction {
  /** Whether kprobes and fentry can be put on it. */
  readonly isTraceable: boolean;
  /** Parameters by its BTF; undefined when it is not in BTF, and then has no fentry. */
  readonly params: number | undefined;
}

export interface TracepointField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** A tracepoint as tracefs describes it: fields of the record that programs read. */
export interface TracepointFormat {
  readonly fields: readonly TracepointField[];
}

/** What is known of a kernel without asking it: enough to say what of a program it would take. */
export interface KernelDescription {
  /** `Debian 6.1`, `this kernel`. */
  readonly title: string;
  readonly release: string;
  /** The kernel's own types, then those of its modules, which are read only when somebody gets so far. */
  readonly tables: Iterable<TypeTable>;
  /** Features that it is taken not to have, though it may. */
  readonly without?: FeatureSet;
  /** Whether programs of a kind, or a feature by its name, can be used at all. */
  readonly feature: (name: string) => Answer;
  /** undefined: there is no such function; 'unknown': functions are not described. */
  readonly functionNamed: (name: string) => KernelFunction | undefined | 'unknown';
  /** By `category/name`. */
  readonly tracepoint: (path: string) => TracepointFormat | undefined | 'unknown';
  /** The number of arguments where it is known; undefined: there is no such tracepoint. */
  readonly rawTracepoint: (name: string) => { readonly args: number | undefined } | undefined | 'unknown';
  /** What other kernels say of a name that this one lacks: `Debian 6.12 has it`; '' for nothing. */
  readonly elsewhere: (what: 'function' | 'tracepoint' | 'raw', name: string) => string;
}

/** The types of the first table that has the name and kind, with their table. */
export function findType(tables: Iterable<TypeTable>, name: string, kind: string) {
  for (const table of tables) {
    for (const id of table.named(name)) {
      const type = table.type(id);
      if (type?.kind === kind) return { id, type, table };
    }
  }
  return undefined;
}

/** Arguments of `btf_trace_<name>`, without the `void *` of whoever registered. */
export function tracepointArgs(tables: Iterable<TypeTable>, name: string): number | undefined {
  const found = findType(tables, `btf_trace_${name}`, 'typedef');
  if (found?.type.kind !== 'typedef') return undefined;
  const pointer = found.table.type(found.type.type);
  const target = pointer?.kind === 'ptr' ? found.table.type(pointer.type) : undefined;
  return target?.kind === 'func_proto' ? target.params.length - 1 : undefined;
}
