import koffi from 'koffi';
import { bind, textAt } from './library.js';

/** The half of libbcc that reads binaries, and has no LLVM. */
interface LibbccBpf {
  bcc_resolve_symname(
    module: string,
    symbol: string | null,
    address: number | bigint,
    pid: number,
    options: Uint8Array | null,
    found: Uint8Array,
  ): number;
  bcc_procutils_free(text: bigint): void;
  bcc_usdt_new_frompid(pid: number, path: string | null): bigint | null;
  bcc_usdt_new_frompath(path: string): bigint | null;
  bcc_usdt_close(usdt: bigint): void;
  bcc_usdt_foreach(usdt: bigint, callback: bigint): void;
  bcc_usdt_get_location(usdt: bigint, provider: string, probe: string, index: number, location: Uint8Array): number;
  bcc_usdt_get_argument(
    usdt: bigint,
    provider: string,
    probe: string,
    location: number,
    index: number,
    argument: Uint8Array,
  ): number;
}

/** As in bcc/bcc_syms.h, bcc/bcc_proc.h and bcc/bcc_usdt.h of 0.26 to 0.31. */
export const SYMBOL_PROTOTYPES: readonly string[] = [
  'int bcc_resolve_symname(const char *module, const char *symname, const uint64_t addr, int pid, void *option, void *sym)',
  'void bcc_procutils_free(void *ptr)',
  'void *bcc_usdt_new_frompid(int pid, const char *path)',
  'void *bcc_usdt_new_frompath(const char *path)',
  'void bcc_usdt_close(void *usdt)',
  'void bcc_usdt_foreach(void *usdt, void *callback)',
  'int bcc_usdt_get_location(void *usdt, const char *provider_name, const char *probe_name, int index, void *location)',
  'int bcc_usdt_get_argument(void *usdt, const char *provider_name, const char *probe_name, int location_index, int argument_index, void *argument)',
];

let loaded: LibbccBpf | undefined;

function library(): LibbccBpf {
  loaded ??= bind<LibbccBpf>('libbcc_bpf.so.0', SYMBOL_PROTOTYPES);
  return loaded;
}

/** STT_GNU_IFUNC. */
export const SYMBOL_KIND_INDIRECT = 10;

/** Sizes of bcc_symbol, bcc_usdt, bcc_usdt_location and bcc_usdt_argument; their members are all of natural alignment. */
const SYMBOL_BYTES = 32;
const USDT_BYTES = 48;
const LOCATION_BYTES = 16;
const ARGUMENT_BYTES = 56;

/** A place in a file that a user probe can be put on. */
export interface FilePlace {
  readonly path: string;
  /** From the start of the file. */
  readonly offset: bigint;
}

/**
 * Where a function, or the virtual address `at`, lies in its file; undefined when there is none.
 *
 * @param module path of a program or library, or a library's short name such as `c`
 * @param kind only symbols of this kind
 */
export function resolveSymbol(module: string, at: string | bigint, pid = 0, kind?: number): FilePlace | undefined {
  const found = new Uint8Array(SYMBOL_BYTES);
  const [name, address] = typeof at === 'string' ? [at, 0] : [null, at];
  if (library().bcc_resolve_symname(module, name, address, pid, symbolOptions(kind), found) !== 0) return undefined;
  const view = new DataView(found.buffer);
  const path = view.getBigUint64(16, true);
  const place = { path: textAt(path), offset: view.getBigUint64(24, true) };
  library().bcc_procutils_free(path);
  return place;
}

/** `struct bcc_symbol_option`: debug files as libbcc looks for them by itself, and a bit for each `STT_*` that is wanted. */
function symbolOptions(kind: number | undefined): Uint8Array | null {
  return kind === undefined ? null : new Uint8Array(Uint32Array.of(1, 1, 1, 1 << kind).buffer);
}

/** A probe that a program or library carries for tracers. */
export interface UsdtProbe {
  readonly provider: string;
  readonly name: string;
  readonly path: string;
  readonly locations: number;
  readonly arguments: number;
  /** Place in the file of the semaphore; 0n: it has none. */
  readonly semaphore: bigint;
}

/** One argument as the note of the probe describes it; see `enum` of bcc_usdt.h for what `valid` says. */
export interface UsdtArgument {
  /** Bytes; negative: signed. */
  readonly size: number;
  readonly constant: bigint | undefined;
  readonly dereference: { readonly offset: number; readonly symbol: string | undefined } | undefined;
  readonly base: string | undefined;
  readonly index: string | undefined;
  readonly scale: number;
}

const CONSTANT = 0x1;
const DEREF_OFFSET = 0x2;
const DEREF_IDENT = 0x4;
const BASE_REGISTER = 0x8;
const INDEX_REGISTER = 0x10;
const SCALE = 0x20;

/** Without a name: koffi knows each name once. */
const PROBE_CALLBACK = koffi.pointer(koffi.proto('void', ['void *']));

/** The probes of one process, or of one file. */
export class UsdtContext {
  private pointer: bigint | undefined;

  private constructor(pointer: bigint) {
    this.pointer = pointer;
  }

  /** Undefined when the file or process cannot be read. */
  static open({ pid, path }: { readonly pid?: number; readonly path?: string }): UsdtContext | undefined {
    const pointer =
      pid === undefined
        ? library().bcc_usdt_new_frompath(path ?? '')
        : library().bcc_usdt_new_frompid(pid, path ?? null);
    return pointer === null ? undefined : new UsdtContext(pointer);
  }

  probes(): UsdtProbe[] {
    const found: UsdtProbe[] = [];
    const callback = koffi.register((probe: bigint) => {
      const view = new DataView(koffi.view(probe, USDT_BYTES));
      found.push({
        provider: textAt(view.getBigUint64(0, true)),
        name: textAt(view.getBigUint64(8, true)),
        path: textAt(view.getBigUint64(16, true)),
        locations: view.getInt32(32, true),
        arguments: view.getInt32(36, true),
        semaphore: view.getBigUint64(40, true),
      });
    }, PROBE_CALLBACK);
    library().bcc_usdt_foreach(this.raw, callback);
    koffi.unregister(callback);
    return found;
  }

  /** Virtual address of a location of the probe. */
  location({ provider, name }: UsdtProbe, index: number): bigint {
    const bytes = new Uint8Array(LOCATION_BYTES);
    library().bcc_usdt_get_location(this.raw, provider, name, index, bytes);
    return new DataView(bytes.buffer).getBigUint64(0, true);
  }

  argument({ provider, name }: UsdtProbe, location: number, index: number): UsdtArgument {
    const bytes = new Uint8Array(ARGUMENT_BYTES);
    library().bcc_usdt_get_argument(this.raw, provider, name, location, index, bytes);
    const view = new DataView(bytes.buffer);
    const valid = view.getInt32(4, true);
    const has = (bit: number) => (valid & bit) !== 0;
    const text = (offset: number) => textAt(view.getBigUint64(offset, true));
    return {
      size: view.getInt32(0, true),
      constant: has(CONSTANT) ? view.getBigInt64(8, true) : undefined,
      dereference: has(DEREF_OFFSET | DEREF_IDENT)
        ? {
            offset: has(DEREF_OFFSET) ? view.getInt32(16, true) : 0,
            symbol: has(DEREF_IDENT) ? text(24) : undefined,
          }
        : undefined,
      base: has(BASE_REGISTER) ? text(32) : undefined,
      index: has(INDEX_REGISTER) ? text(40) : undefined,
      scale: has(SCALE) ? view.getInt32(48, true) : 1,
    };
  }

  close(): void {
    if (this.pointer !== undefined) library().bcc_usdt_close(this.pointer);
    this.pointer = undefined;
  }

  private get raw(): bigint {
    if (this.pointer === undefined) throw new Error('the USDT context is closed');
    return this.pointer;
  }
}
