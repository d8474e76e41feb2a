/** Counts of one stream in the kernel since it was opened. 64-bit counters that only grow. */
export interface LossCounts {
  /** Events the BPF programs tried to send, or updates of a map they tried to make. */
  readonly attempted: bigint;
  /** Refused because the ring was full. */
  readonly ringFull: bigint;
  /** Refused because a map was full. */
  readonly mapFull: bigint;
  /** Records sent with a text that did not fit and was cut; they are delivered, so they are not a loss. */
  readonly cut: bigint;
}

export const NO_LOSSES: LossCounts = { attempted: 0n, ringFull: 0n, mapFull: 0n, cut: 0n };

/** Everything that can happen to an event of one stream on its way to one sink. */
export interface LedgerEntry {
  /** Name of the plugin's instance. */
  readonly source: string;
  readonly stream: string;
  readonly sink: string;
  attempted: bigint;
  delivered: bigint;
  /** Accepted by the kernel's ring and not yet drained. */
  held: bigint;
  ringFull: bigint;
  mapFull: bigint;
  cut: bigint;
  /** Runs of the source's programs that the kernel skipped: see `Probe.skippedRuns`. Of all its streams together. */
  skippedRuns: bigint;
  /** Removed on purpose by `where:` or a processor. */
  filtered: bigint;
  /** Refused by the sink. */
  sinkFailed: bigint;
}

/**
 * The account of losses: for every stream and sink, attempted = delivered + held + filtered + every named drop.
 * Kernel counters are taken over as they are; user space adds its own.
 */
export class Ledger {
  private readonly entries = new Map<string, LedgerEntry>();

  entry(source: string, stream: string, sink: string): LedgerEntry {
    const key = `${source}\0${stream}\0${sink}`;
    let entry = this.entries.get(key);
    if (!entry) {
      const zero = { attempted: 0n, delivered: 0n, held: 0n, ringFull: 0n, mapFull: 0n, cut: 0n };
      entry = { source, stream, sink, ...zero, skippedRuns: 0n, filtered: 0n, sinkFailed: 0n };
      this.entries.set(key, entry);
    }
    return entry;
  }

  all(): readonly LedgerEntry[] {
    return [...this.entries.values()];
  }
}

/** attempted - (delivered + held + filtered + drops): 0 when every event is accounted for. */
export function unaccounted(entry: LedgerEntry): bigint {
  const { attempted, delivered, held, filtered, ringFull, mapFull, sinkFailed } = entry;
  return attempted - delivered - held - filtered - ringFull - mapFull - sinkFailed;
}

/** All that was lost on the way to this sink; what was filtered or cut is not. */
export function lostOf(entry: LedgerEntry): bigint {
  return entry.ringFull + entry.mapFull + entry.sinkFailed;
}
