import type { FrameStyle, Log, Symbolizer } from '@skep/core';
import { Binaries } from './binaries.js';
import { type Frame, frameText } from './frame.js';
import { type KernelSymbols, readKernelSymbols } from './kernel-symbols.js';
import { Lru } from './lru.js';
import { processIdentity } from './process-identity.js';
import { ProcessSymbols } from './process-symbols.js';
import { SymbolFiles } from './symbol-files.js';

const MAX_PROCESSES = 512;
const UNKNOWN: Frame = { name: undefined, offset: 0, module: undefined };

interface KnownProcess {
  readonly identity: string;
  readonly symbols: ProcessSymbols;
}

/**
 * Names for the addresses of stacks. Everything it keeps is bounded: processes, symbol tables, names.
 *
 * Processes are known by their start as well as by their id, so that a reused id gets no names of the process before.
 * One that has ended is named by what was read while it lived, if it was.
 */
export class SystemSymbolizer implements Symbolizer {
  private readonly log: Pick<Log, 'warn'>;
  private readonly binaries: Binaries;
  private readonly processes = new Lru<number, KnownProcess>(MAX_PROCESSES);
  private kernelSymbols: KernelSymbols | undefined;
  private isKernelRead = false;

  /** @param files whose names of programs and libraries come before all others */
  constructor(log: Pick<Log, 'warn'>, files?: SymbolFiles) {
    this.log = log;
    this.binaries = new Binaries(files);
  }

  withSymbolFiles(files: readonly string[]): Symbolizer {
    const own = new SystemSymbolizer(this.log, new SymbolFiles(files));
    return {
      prepareKernel: () => this.prepareKernel(),
      kernel: (addresses, style) => this.kernel(addresses, style),
      prepareUser: (pid) => own.prepareUser(pid),
      user: (pid, addresses, style) => own.user(pid, addresses, style),
      withSymbolFiles: (more) => this.withSymbolFiles([...files, ...more]),
    };
  }

  prepareKernel(): void {
    if (this.isKernelRead) return;
    this.isKernelRead = true;
    this.kernelSymbols = this.readKernel();
  }

  private readKernel(): KernelSymbols | undefined {
    let symbols: KernelSymbols;
    try {
      symbols = readKernelSymbols();
    } catch (error) {
      this.log.warn(`functions of the kernel have no names: ${(error as Error).message}`);
      return undefined;
    }
    if (symbols.isHidden) {
      this.log.warn(
        'functions of the kernel have no names: /proc/kallsyms has zeros for addresses ' +
          '(grant CAP_SYSLOG, or set kernel.kptr_restrict to 0)',
      );
    }
    return symbols;
  }

  prepareUser(pid: number): void {
    this.process(pid);
  }

  kernel(addresses: BigUint64Array, style: FrameStyle): string[] {
    this.prepareKernel();
    return texts(addresses, style, true, (address) => [this.kernelSymbols?.find(address) ?? UNKNOWN]);
  }

  user(pid: number, addresses: BigUint64Array, style: FrameStyle): string[] {
    const process = this.process(pid);
    return texts(addresses, style, false, (address) => process.find(Number(address)));
  }

  private process(pid: number): ProcessSymbols {
    const known = this.processes.get(pid);
    const identity = processIdentity(pid);
    if (known && (identity === undefined || identity === known.identity)) return known.symbols;
    const symbols = new ProcessSymbols(pid, this.binaries);
    if (identity !== undefined) this.processes.set(pid, { identity, symbols });
    return symbols;
  }
}

/**
 * The texts of a stack. Every frame but the innermost is where a call returns to: behind a call that never returns lies
 * the next function already, so the byte before is asked for, which is in the right one.
 */
function texts(
  addresses: BigUint64Array,
  style: FrameStyle,
  isKernel: boolean,
  find: (address: bigint) => readonly Frame[],
): string[] {
  return Array.from(addresses, (address, depth) => {
    const back = depth > 0 ? 1 : 0;
    const frames = find(address - BigInt(back));
    return frames.map((frame) => frameText({ ...frame, offset: frame.offset + back }, address, style, isKernel));
  }).flat();
}
