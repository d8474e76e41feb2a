/** What a file sink did besides writing; counts only grow. */
export interface FileCounts {
  /** Files set aside by size, age or date. */
  rotated: number;
  /** Finished files compressed; those that could not be stay as they are, and are tried again at the next start. */
  compressed: number;
  compressionsFailed: number;
  /** Oldest files removed by `keep`. */
  deleted: number;
  /** Files found removed or replaced, and opened again. */
  reopened: number;
  /** Unfinished lines that a killed process left behind, moved to `<file>.torn`. */
  torn: number;
  syncsFailed: number;
}

export function noCounts(): FileCounts {
  return { rotated: 0, compressed: 0, compressionsFailed: 0, deleted: 0, reopened: 0, torn: 0, syncsFailed: 0 };
}
