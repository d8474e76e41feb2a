import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { SymbolList } from './symbol-list.js';
import { SymbolTable } from './symbol-table.js';

/** Runtimes that write for days have larger files; the rest of one is not read. */
const MAX_BYTES = 64 << 20;
const NEWLINE = 0x0a;

/**
 * Functions that a JIT compiled, from /tmp/perf-PID.map as the process's own root has it. Read again when it has grown.
 *
 * The file is believed only when the process's own user or root owns it: /tmp is everybody's.
 *
 * @see https://github.com/torvalds/linux/blob/master/tools/perf/Documentation/jit-interface.txt
 */
export class JitSymbols {
  private readonly pid: number;
  private table: SymbolTable | undefined;
  private size = 0;

  constructor(pid: number) {
    this.pid = pid;
  }

  find(address: number): string | undefined {
    return this.table?.find(address)?.name;
  }

  /** True when there is something new. */
  refresh(): boolean {
    try {
      const text = this.read();
      if (text === undefined) return false;
      this.table = parsePerfMap(text);
      return true;
    } catch {
      // None, or none that may be read: the code of the JIT has no names.
      return false;
    }
  }

  private read(): Uint8Array | undefined {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    // The id that it knows itself by, in the innermost of its PID namespaces.
    const own = /^NSpid:.*\s(\d+)$/m.exec(status)?.[1] ?? String(this.pid);
    const uids = /^Uid:\s+(\d+)\s+(\d+)/m.exec(status);
    const path = `/proc/${this.pid}/root/tmp/perf-${own}.map`;
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      const isTrusted = stat.uid === 0 || stat.uid === Number(uids?.[1]) || stat.uid === Number(uids?.[2]);
      if (!stat.isFile() || !isTrusted || stat.size === this.size || stat.size > MAX_BYTES) return undefined;
      this.size = stat.size;
      return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** Lines of start, size and name; of two that begin at one place the later one holds. */
export function parsePerfMap(text: Uint8Array): SymbolTable {
  const symbols = new SymbolList(text, NEWLINE);
  const utf8 = new TextDecoder();
  for (let end = text.length; end > 0; ) {
    const start = text.lastIndexOf(NEWLINE, end - 1) + 1;
    const head = utf8.decode(text.subarray(start, Math.min(end, start + 40)));
    const match = /^(?:0x)?([0-9a-f]{1,13}) +(?:0x)?([0-9a-f]{1,13}) +/i.exec(head);
    const nameAt = start + (match?.[0].length ?? 0);
    if (match && nameAt < end) {
      symbols.add(Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16), 0, nameAt);
    }
    end = start - 1;
  }
  return new SymbolTable(symbols, 'first');
}
