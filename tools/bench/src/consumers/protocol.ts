/** What a consumer says at its end. */
export interface DrainReport {
  readonly events: number;
  /** Drains that found something. */
  readonly batches: number;
  /** Bytes of text copied: equal for two consumers that saw the same records. */
  readonly bytes: number;
  /** CPU spent while draining. */
  readonly drainNs: number;
  /** CPU of the whole process since its counts were started: its sleeps and wake-ups too. */
  readonly cpuNs: number;
}

const MEMBERS = ['events', 'batches', 'bytes', 'drainNs', 'cpuNs'] as const;

/** Reads a consumer's last line. @throws Error when a member is missing or is no number. */
export function parseDrain(line: string): DrainReport {
  const report = JSON.parse(line) as Record<string, unknown>;
  for (const name of MEMBERS) if (typeof report[name] !== 'number') throw new Error(`no ${name} in ${line}`);
  return report as unknown as DrainReport;
}
