import type { Field } from './schema.js';

/**
 * What values of one C typedef mean, as text. One file per typedef in `meanings/`.
 *
 * `text` is asked once per distinct value of a batch, so it may be slow; it must not throw on any value.
 */
export interface Meaning {
  readonly typedef: string;
  /** How JSON carries it: the plain number, the text, or a list of texts. */
  readonly json: 'number' | 'text' | 'list';
  /** Plain text, not yet made safe for a terminal: whoever prints it escapes control bytes. */
  text(value: number | bigint | Uint8Array, field: Field): string;
  /** The elements, when `json` is `list`. */
  list?(value: Uint8Array): readonly Uint8Array[];
}

/** Meanings by typedef. Third parties add theirs with `meanings.set`. */
export type Meanings = ReadonlyMap<string, Meaning>;
