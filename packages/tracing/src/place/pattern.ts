import { specError } from '../spec-error.js';

/** `p` a function, of the kernel or of a library; `t` a tracepoint; `u` a USDT probe. */
export type PatternKind = 'p' | 't' | 'u';

/** What funccount, funclatency and their kin are given: where to look, and which names there. */
export interface Pattern {
  readonly kind: PatternKind;
  /** Library or program; '' for the kernel. */
  readonly library: string;
  /** `category:event` of a tracepoint; a USDT probe may have its provider before it. */
  readonly name: string;
  readonly matches: (name: string) => boolean;
  /** One name and no wildcard: it must be there. */
  readonly isExact: boolean;
  readonly text: string;
}

export interface PatternOptions {
  /** The name is a regular expression, which must match as a whole. */
  readonly regexp?: boolean;
  /** What the tool takes. */
  readonly kinds?: readonly PatternKind[];
}

/**
 * `FN`, `LIB:FN`, `p::FN`, `p:LIB:FN`, `t:CATEGORY:EVENT`, `u:LIB:[PROVIDER:]PROBE`; `*` in a name stands for any
 * characters.
 *
 * @throws SkepError SKEP_OPTION with the place of the mistake.
 */
export function parsePattern(text: string, { regexp = false, kinds = ['p', 't', 'u'] }: PatternOptions = {}): Pattern {
  const { kind, library, name, at } = split(text, kinds);
  if (name === '')
    throw specError(text, at, 1, 'a name is missing', 'such as vfs_read, c:malloc or t:sched:sched_switch');
  if (kind === 'u' && library === '') throw specError(text, 0, 2, 'a USDT probe needs its library or program');
  const isExact = !regexp && !name.includes('*');
  return { kind, library, name, isExact, text, matches: matcher(text, name, at, regexp) };
}

/** A shell's pattern for whole names: `*`, `?`, `[a-z]`, `[!a-z]`; a bracket that is not closed stands for itself. */
export function globMatcher(glob: string): (name: string) => boolean {
  const source = glob.replace(
    /\[(!?)([^\]]+)\]|[.+^${}()|[\]\\]|\*|\?/g,
    (part, not: string | undefined, set: string) => {
      if (part === '*') return '.*';
      if (part === '?') return '.';
      return set === undefined ? `\\${part}` : `[${not ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`;
    },
  );
  try {
    const expression = new RegExp(`^${source}$`, 's');
    return (name) => expression.test(name);
  } catch {
    return (name) => name === glob; // a range the wrong way round: [z-a]
  }
}

function split(text: string, kinds: readonly PatternKind[]) {
  const parts = text.split(':');
  const [first = ''] = parts;
  if (parts.length === 1) return { kind: 'p' as const, library: '', name: text, at: 0 };
  if (parts.length === 2) {
    const isKind = /^[ptu]$/.test(first) && kinds.includes(first as PatternKind);
    if (isKind && first !== 'p') {
      throw specError(text, 0, text.length, `${first}: is not complete`, `such as ${EXAMPLES[first as PatternKind]}`);
    }
    return { kind: 'p' as const, library: first, name: parts[1]!, at: first.length + 1 };
  }
  if (!/^[ptu]?$/.test(first) || (first !== '' && !kinds.includes(first as PatternKind))) {
    const expected = kinds.map((kind) => `${kind}:`).join(', ');
    throw specError(text, 0, first.length, `a probe begins with ${expected}, not with "${first}:"`);
  }
  const kind = (first || 'p') as PatternKind;
  if (kind === 't') {
    if (parts.length > 3)
      throw specError(text, afterParts(parts, 3) - 1, 1, 'a tracepoint has two names: t:CATEGORY:EVENT');
    return { kind, library: '', name: parts.slice(1).join(':'), at: 2 };
  }
  const most = kind === 'u' ? 4 : 3;
  if (parts.length > most) throw specError(text, afterParts(parts, most) - 1, 1, 'there is one ":" too many');
  return { kind, library: parts[1]!, name: parts.slice(2).join(':'), at: afterParts(parts, 2) };
}

const EXAMPLES: Readonly<Record<PatternKind, string>> = {
  p: 'p:c:malloc',
  t: 't:sched:sched_switch',
  u: 'u:/usr/bin/python3:gc__start',
};

/** Where what follows the first `count` parts begins. */
function afterParts(parts: readonly string[], count: number): number {
  return parts.slice(0, count).reduce((sum, part) => sum + part.length + 1, 0);
}

function matcher(text: string, name: string, at: number, regexp: boolean): (name: string) => boolean {
  if (!regexp) {
    const pieces = name.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    const expression = new RegExp(`^${pieces.join('.*')}$`, 's');
    return (one) => expression.test(one);
  }
  try {
    const expression = new RegExp(`^(?:${name})$`);
    return (one) => expression.test(one);
  } catch (cause) {
    const why = (cause as Error).message.replace(/^Invalid regular expression: /, '');
    throw specError(text, at, name.length, `the name is no regular expression: ${why}`);
  }
}
