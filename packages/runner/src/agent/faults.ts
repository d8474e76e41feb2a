import type { Log } from '@skep/core';

/** How often one that keeps failing is mentioned. */
const REPEAT_MS = 10_000;

interface Fault {
  message: string;
  rows: number;
  /** Rows not yet mentioned in the log. */
  unsaid: number;
  saidAt: number;
}

/**
 * Says when a sink refuses batches, or code of a plugin throws: at once, then every ten seconds with the count of rows,
 * and at the end.
 */
export class Faults {
  private readonly log: Log;
  private readonly faults = new Map<string, Fault>();

  constructor(log: Log) {
    this.log = log;
  }

  /** @param who `sink archive`, `plugin disk` */
  add(who: string, error: unknown, rows: number): void {
    const message = error instanceof Error ? error.message : String(error);
    const now = performance.now();
    const fault = this.faults.get(who) ?? { message: '', rows: 0, unsaid: 0, saidAt: Number.NEGATIVE_INFINITY };
    fault.rows += rows;
    fault.unsaid += rows;
    if (message !== fault.message || now - fault.saidAt > REPEAT_MS) {
      this.log.error(`${who}: ${fault.unsaid} rows lost: ${message}`);
      Object.assign(fault, { message, unsaid: 0, saidAt: now });
    }
    this.faults.set(who, fault);
  }

  /** What has not been mentioned yet. */
  report(): void {
    for (const [who, fault] of this.faults) {
      if (fault.unsaid > 0) this.log.error(`${who}: ${fault.unsaid} more rows lost: ${fault.message}`);
      fault.unsaid = 0;
    }
  }
}
