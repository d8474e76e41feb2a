import { histogramLines, SkepError, visibleText } from '@skep/core';
import type { Layout } from './layout/layout.js';
import type { Value } from './layout/values.js';

export interface HistogramTextOptions {
  /** What is counted: `usecs`, `bytes`. Default: `value`. */
  readonly unit?: string;
  /** Title of each section, for tables whose key is a struct. Default: the name of its first member. */
  readonly label?: string;
}

export type HistogramKind = 'log2' | 'linear';

export interface BucketBounds {
  readonly low: bigint;
  readonly high: bigint;
}

/** The values that a bucket counts. Slots 0 and 1 of bpf_log2l() are both below 2. */
export function boundsOf(slot: bigint, kind: HistogramKind): BucketBounds {
  if (kind === 'linear') return { low: slot, high: slot };
  if (slot <= 1n) return { low: 0n, high: 1n };
  // Keys are what a program writes: nothing keeps them below the 64 slots there can be.
  const bits = slot > 64n ? 64n : slot;
  return { low: 1n << (bits - 1n), high: (1n << bits) - 1n };
}

/**
 * The members of a histogram's key: the last is the bucket, the others say whose histogram it is.
 *
 * @throws SkepError SKEP_SCHEMA when the last is no integer.
 */
export function bucketMember(
  name: string,
  key: Layout,
): { readonly sections: readonly string[]; readonly slot: string | undefined } {
  if (key.kind === 'integer') return { sections: [], slot: undefined };
  const last = key.kind === 'record' ? key.members.at(-1) : undefined;
  if (key.kind === 'record' && last?.layout.kind === 'integer') {
    return { sections: key.members.slice(0, -1).map((member) => member.name), slot: last.name };
  }
  throw new SkepError(
    'SKEP_SCHEMA',
    `table ${name} is no histogram`,
    'its key is a bucket, or a struct that ends with one',
  );
}

interface Buckets {
  readonly name: string;
  readonly key: Layout;
  readonly entries: readonly (readonly [Value, Value])[];
}

export function histogramText(
  { name, key, entries }: Buckets,
  kind: HistogramKind,
  options: HistogramTextOptions,
): string {
  const { unit = 'value', label } = options;
  const { sections, slot } = bucketMember(name, key);
  const groups = new Map<string, { low: bigint; high: bigint; count: bigint }[]>();
  for (const [bucket, count] of entries) {
    const members = bucket as Readonly<Record<string, Value>>;
    const title = sections
      .map((member, i) => `${(i === 0 ? label : undefined) ?? member} = ${sectionText(members[member]!)}`)
      .join('\n');
    const value = BigInt((slot === undefined ? bucket : members[slot]!) as number | bigint);
    const group = groups.get(title) ?? [];
    group.push({ ...boundsOf(value, kind), count: BigInt(count as number | bigint) });
    groups.set(title, group);
  }
  const texts = [...groups].map(([title, buckets]) => {
    const lines = histogramLines(buckets, unit, true);
    return lines.length === 0 ? '' : `${title === '' ? '' : `\n${title}\n`}${lines.join('\n')}\n`;
  });
  return texts.join('');
}

/** Names come from whoever is traced. */
function sectionText(value: Value): string {
  return visibleText(value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value));
}
