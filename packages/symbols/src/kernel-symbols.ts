import { closeSync, openSync, readSync } from 'node:fs';
import type { Frame } from './frame.js';
import { SymbolList } from './symbol-list.js';
import { SymbolTable } from './symbol-table.js';

/** Below every kernel address, so that what is left of one is exact as a number. */
const BASE = 0xffff000000000000n;
const BASE_HIGH = 0xffff;
/** How far the last function may reach. */
const LAST_SIZE = 1 << 20;

const NEWLINE = 0x0a;
const BLANK = 0x20;
/** Of an address, as the kernel writes it. */
const DIGITS = 16;
/** Of /proc/kallsyms: it tells no size, and grows to 5 MB and more. */
const FIRST_ROOM = 8 << 20;

/** Functions of the kernel and its modules, from the text of /proc/kallsyms. It is parsed when one is asked for. */
export class KernelSymbols {
  /** True when the kernel gave every address as 0: kernel.kptr_restrict, and no CAP_SYSLOG. */
  readonly isHidden: boolean;
  private readonly text: Uint8Array;
  private parsed: Functions | undefined;

  constructor(text: Uint8Array) {
    this.text = text;
    this.isHidden = isHidden(text);
  }

  /** Functions; those of one address count each. */
  get size(): number {
    return this.functions.count;
  }

  /** The function that holds `address`, and its module (`kernel` for the kernel itself); undefined when there is none. */
  find(address: bigint): Frame | undefined {
    const { end, table } = this.functions;
    const at = Number(address - BASE);
    // The last symbol has no next one to end it.
    const found = at < 0 || at >= end ? undefined : table.find(at);
    if (found === undefined) return undefined;
    const [name, module = 'kernel'] = found.name.split('\t') as [string, string?];
    return { name, offset: found.offset, module: module.replace(/^\[|\]$/g, '') };
  }

  private get functions(): Functions {
    this.parsed ??= functionsOf(this.text);
    return this.parsed;
  }
}

interface Functions {
  readonly table: SymbolTable;
  readonly count: number;
  readonly end: number;
}

/** Read /proc/kallsyms once; modules that are loaded later are not in it. */
export function readKernelSymbols(path = '/proc/kallsyms'): KernelSymbols {
  return parseKallsyms(readGrowing(path));
}

/** Text of lines of `address type name` and, for modules, a tab and `[module]`. */
export function parseKallsyms(text: Uint8Array): KernelSymbols {
  return new KernelSymbols(text);
}

/** The kernel hands it out 4 KB at a time, and readFileSync would take 64 KB for each of them. */
function readGrowing(path: string): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    let bytes = new Uint8Array(FIRST_ROOM);
    let length = 0;
    for (;;) {
      const got = readSync(fd, bytes, length, bytes.length - length, null);
      if (got === 0) return bytes.slice(0, length);
      length += got;
      if (length < bytes.length) continue;
      const larger = new Uint8Array(bytes.length * 2);
      larger.set(bytes);
      bytes = larger;
    }
  } finally {
    closeSync(fd);
  }
}

/** Only code is kept: types t and T, and w and W, which are weak. */
function functionsOf(text: Uint8Array): Functions {
  const symbols = new SymbolList(text, NEWLINE);
  let last = 0;
  let end = 0;
  for (let at = 0; at < text.length; at = end + 1) {
    end = endOfLine(text, at);
    const blank = text[at + DIGITS] === BLANK ? at + DIGITS : text.indexOf(BLANK, at);
    if (blank < 0 || blank + 3 >= end) continue;
    const type = text[blank + 1]!;
    const start = isCode(type) ? hex(text, at, blank) : undefined;
    if (start === undefined || start <= 0) continue;
    const isGlobal = type < 0x60;
    symbols.add(start, 0, isGlobal ? 0 : 1, blank + 3);
    last = Math.max(last, start);
  }
  return { table: new SymbolTable(symbols), count: symbols.count, end: last + LAST_SIZE };
}

function isHidden(text: Uint8Array): boolean {
  for (let at = 0; at < text.length; at = endOfLine(text, at) + 1) {
    const blank = text.indexOf(BLANK, at);
    if (blank < 0) return true;
    if (blank < endOfLine(text, at) && (hex(text, at, blank) ?? 0) !== 0) return false;
  }
  return true;
}

function endOfLine(text: Uint8Array, at: number): number {
  const end = text.indexOf(NEWLINE, at);
  return end < 0 ? text.length : end;
}

/** t T w W */
function isCode(type: number): boolean {
  const lower = type | 0x20;
  return lower === 0x74 || lower === 0x77;
}

/** The address less BASE; 0 for one that is 0; undefined for what is no kernel address of 64 bits. */
function hex(text: Uint8Array, from: number, to: number): number | undefined {
  // In parts of 24 bits: sums beyond 32 bits are made with fractions, which are slow where the processor is emulated.
  let high = 0;
  let middle = 0;
  let low = 0;
  for (let i = from; i < to; i++) {
    const byte = text[i]!;
    const digit = byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
    if (digit < 0 || digit > 15) return undefined;
    if (i < to - 12) high = high * 16 + digit;
    else if (i < to - 6) middle = (middle << 4) | digit;
    else low = (low << 4) | digit;
  }
  if (high === 0 && middle === 0 && low === 0) return 0;
  return high === BASE_HIGH ? middle * 2 ** 24 + low : -1;
}
