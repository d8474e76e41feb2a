import type { ErrorCode } from '@skep/core';

/** Name under which the compiler speaks of the user's text. */
export const PROGRAM_FILE = 'program.c';

/** Probes of one process or file that functions of the text read arguments of. */
export interface UsdtRequest {
  readonly pid?: number;
  readonly path?: string;
  readonly probes: readonly { readonly provider?: string | undefined; readonly name: string; readonly fn: string }[];
}

/** What the compiler's process is given on its standard input, as JSON. */
export interface CompileRequest {
  readonly text: string;
  readonly cflags: readonly string[];
  readonly usdt: readonly UsdtRequest[];
  /** C types whose layout is wanted; they must be complete at the end of the text. */
  readonly layouts: readonly string[];
  /** Load this function, so that its verifier log, with lines of source, comes on standard error. */
  readonly explain?: { readonly fn: string; readonly type: number; readonly attachType: number };
}

/** One function of the text, as instructions. */
export interface CompiledFunction {
  readonly name: string;
  /** Base64. Maps are referred to by the numbers of `CompiledTable.fd`. */
  readonly instructions: string;
}

export interface CompiledTable {
  readonly name: string;
  /** The descriptor's number in the compiler's process; its duplicate is sent in the order of the tables. */
  readonly fd: number;
  readonly type: number;
  readonly keySize: number;
  readonly leafSize: number;
  readonly maxEntries: number;
  /** Layouts as JSON, see `layout.ts`. */
  readonly key: string;
  readonly leaf: string;
  /** For tables that events are submitted to: `name#type` of each member. */
  readonly eventFields: readonly string[];
}

/** A place that a USDT probe of the request fires at. */
export interface UsdtPlace {
  readonly fn: string;
  readonly path: string;
  /** In the file, as is that of the semaphore; decimal, because JSON has no 64-bit integers. */
  readonly offset: string;
  readonly semaphore: string;
  readonly pid?: number | undefined;
}

export interface CompileResponse {
  /** False: the compiler has said why on standard error. */
  readonly compiled: boolean;
  /** What was wrong before the compiler was asked. */
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly remedy: string };
  readonly license: string;
  readonly functions: readonly CompiledFunction[];
  readonly tables: readonly CompiledTable[];
  readonly usdt: readonly UsdtPlace[];
}

export const NOT_COMPILED: CompileResponse = { compiled: false, license: '', functions: [], tables: [], usdt: [] };

/** Names of tables that skep adds to the text begin with this. */
export const OWN_TABLES = 'skep_';
export const LAYOUT_TABLE = `${OWN_TABLES}layout_`;
export const LOST_TABLE = `${OWN_TABLES}lost`;
/** Keys of the lost table. */
export const LOST_RING_FULL = 0;
export const LOST_MAP_FULL = 1;
