/**
 * `names`: functions alone, so that equal ones have equal texts. `places`: `name+0x1f [module]`, for people.
 * `addresses`: `0xffffffff81001f00 name+0x1f [module]`. The others are those of BCC's stackcount: `offsets`: as
 * `names` with `+0x1f`; `raw-names`: `ffffffff81001f00 name`; `raw-offsets`: `ffffffff81001f00 name+0x1f`. Inlined
 * functions have ` (inlined)` where others have their `+0x1f`, also in the styles without.
 */
export type FrameStyle = 'names' | 'places' | 'addresses' | 'offsets' | 'raw-names' | 'raw-offsets';

/**
 * Gives the addresses of stacks their names. Addresses and names are innermost first. An address has one name or more:
 * those of the functions that were inlined there, `name (inlined)`, come before that of the function that is there.
 * What has no name is `[module+0x123]` where the module is known, else `[unknown]`. No name holds a `;`.
 */
export interface Symbolizer {
  /** Read what privileges are needed for, before they are dropped. */
  prepareKernel(): void;
  /** Read where the code of a process is, while it lives; nothing happens when it does not, or is known. */
  prepareUser(pid: number): void;
  kernel(addresses: BigUint64Array, style: FrameStyle): string[];
  /** `pid` as this process's own PID namespace has it. */
  user(pid: number, addresses: BigUint64Array, style: FrameStyle): string[];
  /**
   * One that takes names of programs and libraries from these files first, where build ids are equal.
   *
   * @throws SkepError SKEP_OPTION naming a file that cannot be read, or has no build id or no symbols.
   */
  withSymbolFiles(files: readonly string[]): Symbolizer;
}
