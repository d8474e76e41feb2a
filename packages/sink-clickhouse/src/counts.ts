/** What became of the rows of one stream in one sink; counts only grow. */
export interface StreamCounts {
  /** Rows taken over from batches: what the sequence numbers count. */
  taken: number;
  /** Acknowledged by the store. */
  stored: number;
  /** Removed from the spool because it was full or they were too old, or never sealed because the disk was full. */
  dropped: number;
  /** Set aside: the store will never accept them, or their file is damaged. */
  quarantined: number;
}

/** Counts by stream. Rows that an earlier run left in the spool are counted where they go. */
export class Counts {
  private readonly streams = new Map<string, StreamCounts>();

  of({ source, stream }: { readonly source: string; readonly stream: string }): StreamCounts {
    const key = `${source}\0${stream}`;
    let counts = this.streams.get(key);
    if (!counts) {
      counts = { taken: 0, stored: 0, dropped: 0, quarantined: 0 };
      this.streams.set(key, counts);
    }
    return counts;
  }

  /** The sum over all streams. */
  total(): Readonly<StreamCounts> {
    const sum = { taken: 0, stored: 0, dropped: 0, quarantined: 0 };
    for (const counts of this.streams.values()) {
      for (const key of Object.keys(sum) as (keyof StreamCounts)[]) sum[key] += counts[key];
    }
    return sum;
  }
}
