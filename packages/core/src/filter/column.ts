import type { Meanings } from '../meaning.js';
import type { Field } from '../schema.js';

/** What a column is to the language: which operators and values it takes. */
export type ColumnClass = 'boolean' | 'integer' | 'moment' | 'text' | 'address' | 'list' | 'shown';

/** Typedefs whose bytes are their text: compared as they lie in memory. */
const PLAIN_TEXT: ReadonlySet<string | undefined> = new Set([
  undefined,
  'skep_comm_t',
  'skep_path_t',
  'skep_text_t',
  'skep_bytes_t',
]);

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A column named by an expression. */
export class FilterColumn {
  readonly field: Field;
  /** Position in the batch. */
  readonly index: number;
  readonly class: ColumnClass;
  private readonly meanings: Meanings;

  constructor(field: Field, index: number, meanings: Meanings) {
    this.field = field;
    this.index = index;
    this.meanings = meanings;
    this.class = this.classOf();
  }

  private classOf(): ColumnClass {
    const { type, meaning } = this.field;
    const known = meaning === undefined ? undefined : this.meanings.get(meaning);
    if (type === 'bytes') {
      if (meaning === 'skep_ip_t') return 'address';
      if (known?.list) return 'list';
      return PLAIN_TEXT.has(meaning) || !known ? 'text' : 'shown';
    }
    if (type === 'bool') return 'boolean';
    if (meaning === 'skep_ktime_t') return 'moment';
    return 'integer';
  }

  get wide(): boolean {
    return this.field.type === 'u64' || this.field.type === 'i64';
  }

  get signed(): boolean {
    return this.field.type.startsWith('i');
  }

  /** Whether its values have a text of their own besides the number. */
  get hasText(): boolean {
    const { labels, meaning } = this.field;
    if (this.class === 'boolean' || this.class === 'moment') return false;
    if (this.class !== 'integer' || labels) return true;
    return meaning !== undefined && this.meanings.get(meaning)?.json === 'text';
  }

  /** A value as it is shown. */
  text(value: number | bigint | Uint8Array): string {
    const { field } = this;
    if (field.labels) return field.labels.get(Number(value)) ?? String(value);
    const known = field.meaning === undefined ? undefined : this.meanings.get(field.meaning);
    if (known && this.class !== 'text') return known.text(value, field);
    return value instanceof Uint8Array ? utf8.decode(value) : String(value);
  }

  /** In a message: `a 32-bit number`, `text`. */
  get described(): string {
    const { type, labels } = this.field;
    if (this.class === 'boolean') return 'true or false';
    if (this.class === 'moment') return 'a moment';
    if (this.class === 'address') return 'an IP address';
    if (this.class === 'list') return 'a list of texts';
    if (this.class === 'integer') return labels ? 'a label or number' : `a number (${type})`;
    return 'text';
  }

  /** Least and greatest value of an integer column. */
  get range(): readonly [min: bigint, max: bigint] {
    const bits = BigInt(this.field.type.slice(1));
    return this.signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
  }
}
