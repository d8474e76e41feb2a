import { readFileSync } from 'node:fs';
import type { Frame } from './frame.js';
import { SymbolList } from './symbol-list.js';
import { type Symbols, SymbolTable } from './symbol-table.js';

/** Below every kernel address, so that what is left of one is exact as a number. */
const BASE = 0xffff000000000000n;
const BASE_HIGH = 0xffff;
/** How far the last function may reach. */
const LAST_SIZE = 1 << 20;
const NEWLINE = 0x0a;

/** Functions of the kernel and its modules, from the text of /proc/kallsyms. */
export class KernelSymbols {
  /** Of functions; those of one address count each. */
  readonly size: number;
  private readonly table: SymbolTable;
  private readonly end: number;
  /** True when the kernel gave every address as 0: kernel.kptr_restrict, and no CAP_SYSLOG. */
  readonly isHidden: boolean;

  constructor(symbols: Symbols, end: number, isHidden: boolean) {
    this.size = symbols.count;
    this.table = new SymbolTable(symbols);
    this.end = end;
    this.isHidden = isHidden;
  }

  /** The function that holds `address`, and its module (`kernel` for the kernel itself); undefined when there is none. */
  find(address: bigint): Frame | undefined {
    const at = Number(address - BASE);
    // The last symbol has no next one to end it.
    const found = at < 0 || at >= this.end ? undefined : this.table.find(at);
    if (found === undefined) return undefined;
    const [name, module = 'kernel'] = found.name.split('\t') as [string, string?];
    return { name, offset: found.offset, module: module.replace(/^\[|\]$/g, '') };
  }
}

/** Read /proc/kallsyms once; modules that are loaded later are not in it. */
export function readKernelSymbols(path = '/proc/kallsyms'): KernelSymbols {
  return parseKallsyms(readFileSync(path));
}

/**
 * Lines of `address type name` and, for modules, a tab and `[module]`. Only code is kept: types t and T, and w and W,
 * which are weak.
 */
export function parseKallsyms(text: Uint8Array): KernelSymbols {
  const symbols = new SymbolList(text, NEWLINE);
  let isHidden = true;
  let last = 0;
  for (let at = 0; at < text.length; ) {
    let newline = text.indexOf(NEWLINE, at);
    if (newline < 0) newline = text.length;
    const blank = text.indexOf(0x20, at);
    const start = blank < 0 || blank > newline ? undefined : hex(text, at, blank);
    if (start !== undefined && blank + 3 < newline) {
      if (start !== 0) isHidden = false;
      const type = text[blank + 1]!;
      if (isCode(type) && start > 0) {
        const nameAt = blank + 3;
        const isGlobal = type < 0x60;
        symbols.add(start, 0, isGlobal ? 0 : 1, nameAt);
        last = Math.max(last, start);
      }
    }
    at = newline + 1;
  }
  return new KernelSymbols(symbols, last + LAST_SIZE, isHidden);
}

/** t T w W */
function isCode(type: number): boolean {
  const lower = type | 0x20;
  return lower === 0x74 || lower === 0x77;
}

/** The address less BASE; 0 for one that is 0; undefined for what is no kernel address of 64 bits. */
function hex(text: Uint8Array, from: number, to: number): number | undefined {
  let high = 0;
  let low = 0;
  for (let i = from; i < to; i++) {
    const byte = text[i]!;
    const digit = byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
    if (digit < 0 || digit > 15) return undefined;
    if (i < to - 12) high = high * 16 + digit;
    else low = low * 16 + digit;
  }
  if (high === 0 && low === 0) return 0;
  return high === BASE_HIGH ? low : -1;
}
