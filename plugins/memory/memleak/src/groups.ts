import type { Entries } from '@skep/tracing';

/** What one stack has outstanding. */
export interface Group {
  readonly stack: bigint;
  readonly allocator: number;
  bytes: number;
  count: number;
  /** When the oldest of them was made, as `process.hrtime`; 0 when it is not known. */
  oldestNs: number;
}

/** One allocation, as indexes into the entries that were read. */
export interface Gathered {
  readonly groups: Group[];
  /** Every stack that an allocation refers to, young ones included. */
  readonly live: ReadonlySet<bigint>;
  /** Entries that are old enough, when they were asked for. */
  readonly old: readonly number[];
  /** Entries of a program that the process was before. */
  readonly gone: readonly number[];
}

/** Words of 64 bits of `struct memleak_alloc`. */
const ALLOC_WORDS = 4;
const [SIZE, TIME, STACK, KIND] = [0, 1, 2, 3];

/**
 * Add up allocations by stack and function.
 *
 * @param generation of those that count
 * @param latestNs those made after it are left out
 * @param listed also say which entries were taken
 */
export function gatherAllocations(entries: Entries, generation: number, latestNs: number, listed: boolean): Gathered {
  const words = new BigUint64Array(entries.values.buffer, entries.values.byteOffset, entries.count * ALLOC_WORDS);
  const halves = new Uint32Array(words.buffer, words.byteOffset, words.length * 2);
  const groups = new Map<bigint, Group[]>();
  const live = new Set<bigint>();
  const old: number[] = [];
  const gone: number[] = [];
  // Sizes and times are below 2^53: a double holds them, and adds faster than a BigInt.
  const number = (word: number) => halves[word * 2]! + halves[word * 2 + 1]! * 2 ** 32;
  for (let i = 0; i < entries.count; i++) {
    const at = i * ALLOC_WORDS;
    if (halves[(at + KIND!) * 2 + 1] !== generation) {
      gone.push(i);
      continue;
    }
    const stack = words[at + STACK!]!;
    live.add(stack);
    const timeNs = number(at + TIME!);
    if (timeNs > latestNs) continue;
    if (listed) old.push(i);
    const group = groupOf(groups, stack, halves[(at + KIND!) * 2]!);
    group.bytes += number(at + SIZE!);
    group.count++;
    if (group.oldestNs === 0 || timeNs < group.oldestNs) group.oldestNs = timeNs;
  }
  return { groups: [...groups.values()].flat(), live, old, gone };
}

/** Words of `struct memleak_group` and `struct memleak_total`. */
const PAIR_WORDS = 2;

/** The totals that the programs keep; `gone` are those that nothing is left of. */
export function gatherTotals(entries: Entries, generation: number): Gathered {
  const keys = new BigUint64Array(entries.keys.buffer, entries.keys.byteOffset, entries.count * PAIR_WORDS);
  const halves = new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2);
  const totals = new BigUint64Array(entries.values.buffer, entries.values.byteOffset, entries.count * PAIR_WORDS);
  const groups: Group[] = [];
  const live = new Set<bigint>();
  const gone: number[] = [];
  for (let i = 0; i < entries.count; i++) {
    const [stack, bytes, count] = [keys[i * PAIR_WORDS]!, totals[i * PAIR_WORDS]!, totals[i * PAIR_WORDS + 1]!];
    if (halves[(i * PAIR_WORDS + 1) * 2 + 1] !== generation || count === 0n) {
      gone.push(i);
      continue;
    }
    live.add(stack);
    const allocator = halves[(i * PAIR_WORDS + 1) * 2]!;
    groups.push({ stack, allocator, bytes: Number(bytes), count: Number(count), oldestNs: 0 });
  }
  return { groups, live, old: [], gone };
}

function groupOf(groups: Map<bigint, Group[]>, stack: bigint, allocator: number): Group {
  const same = groups.get(stack);
  const known = same?.find((group) => group.allocator === allocator);
  if (known) return known;
  const group: Group = { stack, allocator, bytes: 0, count: 0, oldestNs: 0 };
  if (same) same.push(group);
  else groups.set(stack, [group]);
  return group;
}
