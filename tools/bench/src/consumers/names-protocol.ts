/** What looking up addresses took. */
export interface NamesReport {
  /** The first one of all: opening files, reading symbols and debug information. */
  readonly firstMs: number;
  /** One that was not asked for before, on average. */
  readonly newUs: number;
  /** One that was. */
  readonly knownUs: number;
  /** Frames of an address, on average. */
  readonly frames: number;
}
