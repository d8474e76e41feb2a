/** What became of the rows of one source for one table; counts only grow. */
export interface TableCounts {
  /** Rows taken over from batches: what the sequence numbers count. */
  taken: number;
  /** Acknowledged by the store. */
  stored: number;
  /** Removed from the spool because it was full or they were too old, or never sealed because the disk was full. */
  dropped: number;
  /** Set aside: the store will never accept them, or their file is damaged. */
  quarantined: number;
}

/** Counts by source and table. Rows that an earlier run left in the spool are counted where they go. */
export class Counts {
  private readonly tables = new Map<string, TableCounts>();

  of({ source, table }: { readonly source: string; readonly table: string }): TableCounts {
    const key = `${source}\0${table}`;
    let counts = this.tables.get(key);
    if (!counts) {
      counts = { taken: 0, stored: 0, dropped: 0, quarantined: 0 };
      this.tables.set(key, counts);
    }
    return counts;
  }

  /** The sum over all tables. */
  total(): Readonly<TableCounts> {
    const sum = { taken: 0, stored: 0, dropped: 0, quarantined: 0 };
    for (const counts of this.tables.values()) {
      for (const key of Object.keys(sum) as (keyof TableCounts)[]) sum[key] += counts[key];
    }
    return sum;
  }
}
