import { specError } from '../spec-error.js';

/** Where a specifier attaches to. */
export interface Place {
  /** `p` entry, `r` return, `t` tracepoint, `u` USDT probe. */
  readonly kind: 'p' | 'r' | 't' | 'u';
  /** Library or program; '' for the kernel; the category of a tracepoint. */
  readonly library: string;
  /** Function, event, or probe; a probe may have its provider before it: `provider:probe`. */
  readonly name: string;
  /** Bytes from the start of the function. */
  readonly offset: bigint;
}

const KINDS = /^[prtu]$/;

/**
 * `FN`, `LIB:FN`, `p:[LIB]:FN[+OFFSET]`, `r:[LIB]:FN`, `t:CATEGORY:EVENT`, `u:LIB:[PROVIDER:]PROBE`; an empty first part
 * is `p`.
 *
 * @param text the part of `spec` at `at` that holds it
 * @throws SkepError SKEP_OPTION with the place of the mistake.
 */
export function parsePlace(spec: string, text: string, at: number): Place {
  const parts = text.split(':');
  const [first = '', second = ''] = parts;
  if (parts.length === 1) return placed(spec, at, 'p', '', first, at);
  if (parts.length === 2) {
    if (KINDS.test(first) && first !== 'p') {
      const remedy = first === 'r' ? `such as r::${second || 'vfs_read'} or r:c:malloc` : `such as ${EXAMPLE[first]}`;
      throw specError(spec, at, text.length, `${first}: needs two more parts`, remedy);
    }
    return placed(spec, at, 'p', first, second, at + first.length + 1);
  }
  if (first !== '' && !KINDS.test(first)) {
    throw specError(spec, at, first.length, `a probe begins with p:, r:, t: or u:, not with "${first}:"`);
  }
  const kind = (first || 'p') as Place['kind'];
  const nameAt = at + first.length + second.length + 2;
  const most = kind === 'u' ? 4 : 3;
  if (parts.length > most) {
    const end = at + parts.slice(0, most).join(':').length;
    throw specError(spec, end, 1, 'there is one ":" too many');
  }
  return placed(spec, at, kind, second, parts.slice(2).join(':'), nameAt);
}

const EXAMPLE: Readonly<Record<string, string>> = {
  t: 't:sched:sched_switch',
  u: 'u:/usr/bin/python3:gc__start',
};

function placed(spec: string, at: number, kind: Place['kind'], library: string, text: string, nameAt: number): Place {
  const [name = '', offsetText] = text.split('+', 2);
  if (name === '') throw specError(spec, nameAt, 1, 'the name of a function or probe is missing');
  if (!/^[\w.@:$-]+$/.test(name)) throw specError(spec, nameAt, text.length, `"${text}" is no name`);
  if ((kind === 't' || kind === 'u') && library === '') {
    const what = kind === 't' ? 'a tracepoint needs its category' : 'a USDT probe needs its library or program';
    throw specError(spec, at, nameAt - at + text.length, what, `such as ${EXAMPLE[kind]}`);
  }
  if (offsetText === undefined) return { kind, library, name, offset: 0n };
  const offsetAt = nameAt + name.length + 1;
  if (kind !== 'p') throw specError(spec, offsetAt, offsetText.length, 'only an entry probe takes an offset');
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(offsetText)) {
    throw specError(spec, offsetAt, offsetText.length, `"${offsetText}" is no offset`, 'such as 16 or 0x10');
  }
  return { kind, library, name, offset: BigInt(offsetText) };
}

/** As it was meant: for labels and messages. */
export function placeText({ kind, library, name }: Place): string {
  return `${kind}:${library}:${name}`;
}
