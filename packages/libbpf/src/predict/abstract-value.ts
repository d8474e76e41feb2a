/**
 * What is known of a register.
 *
 * `unknown` is divided: `isRuntime` is a value that the verifier cannot know either (read from the kernel, returned by a
 * helper), so it looks at both sides of a branch on it; other unknowns may be known to the verifier and were lost here.
 */
export type AbstractValue =
  | { readonly kind: 'constant'; readonly value: bigint }
  | { readonly kind: 'context'; readonly offset: number }
  | { readonly kind: 'stack'; readonly offset: number }
  | { readonly kind: 'data'; readonly section: string; readonly offset: number }
  | { readonly kind: 'extern'; readonly name: string }
  | {
      readonly kind: 'unknown';
      readonly isRuntime: boolean;
      /** Its bounds are narrower than 64 bits: comparisons for order may be decided. */
      readonly isNarrow: boolean;
      readonly origins: ReadonlySet<number>;
    };

const NO_ORIGINS: ReadonlySet<number> = new Set();

export const LOST: AbstractValue = { kind: 'unknown', isRuntime: false, isNarrow: true, origins: NO_ORIGINS };

export const constant = (value: bigint): AbstractValue => ({ kind: 'constant', value: BigInt.asUintN(64, value) });

export const runtime = (origin: number, isNarrow = false): AbstractValue => ({
  kind: 'unknown',
  isRuntime: true,
  isNarrow,
  origins: new Set([origin]),
});

export function isSame(a: AbstractValue, b: AbstractValue): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'constant':
      return a.value === (b as typeof a).value;
    case 'context':
    case 'stack':
      return a.offset === (b as typeof a).offset;
    case 'data':
      return a.offset === (b as typeof a).offset && a.section === (b as typeof a).section;
    case 'extern':
      return a.name === (b as typeof a).name;
    case 'unknown': {
      const other = b as typeof a;
      const { isRuntime, isNarrow, origins } = a;
      return isRuntime === other.isRuntime && isNarrow === other.isNarrow && isSameSet(origins, other.origins);
    }
  }
}

function isSameSet(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a === b || (a.size === b.size && [...a].every((one) => b.has(one)));
}

/** What holds where two paths meet. */
export function join(a: AbstractValue, b: AbstractValue): AbstractValue {
  if (isSame(a, b)) return a;
  if (a.kind !== 'unknown' || b.kind !== 'unknown') return LOST;
  return combine(a, b, a.isNarrow || b.isNarrow);
}

type Unknown = Extract<AbstractValue, { kind: 'unknown' }>;

export function combine(a: Unknown, b: Unknown, isNarrow: boolean): AbstractValue {
  if (!a.isRuntime || !b.isRuntime) return LOST;
  return { kind: 'unknown', isRuntime: true, isNarrow, origins: union(a.origins, b.origins) };
}

function union(a: ReadonlySet<number>, b: ReadonlySet<number>): ReadonlySet<number> {
  if ([...b].every((one) => a.has(one))) return a;
  return new Set([...a, ...b]);
}
