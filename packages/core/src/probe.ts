import type { BatchBuilder } from './batch.js';
import type { Capability } from './capability.js';
import type { LossCounts } from './ledger.js';
import type { Schema } from './schema.js';

/**
 * A source of batches: a ring buffer or a map's snapshots, of kernel programs that are loaded and attached.
 *
 * `open` loads (and may be refused by the verifier), `attach` starts the events, `close` detaches and frees; `close`
 * may be called at any moment and more than once.
 */
export interface Probe {
  readonly schemas: readonly Schema[];
  /** Capabilities that using it needs once it is attached. Default: none. */
  readonly needs?: readonly Capability[];
  /** What is attached, for whoever explains it: names of programs, and where. */
  readonly attached?: readonly { readonly name: string; readonly section: string }[];
  /** No more rows will come once what is there has been drained: it ends by itself. */
  readonly isDone?: boolean;
  open(): Promise<void>;
  attach(): Promise<void>;
  close(): Promise<void>;
  /**
   * Add what there is of the stream `into.schema`; returns rows added, 0 when there is nothing new. Never waits.
   *
   * @throws SkepError SKEP_RING_CORRUPT when the kernel's positions make no sense; the probe cannot be used again.
   */
  drain(into: BatchBuilder): number;
  /** Detach, and make what is left ready: once it settles, `drain` yields the rest and nothing is added any more. */
  finish?(): Promise<void>;
  /** For streams of snapshots: how many of the attempted updates the snapshots so far have covered. */
  covered?(stream: string): bigint;
  /** Events of a stream that lie in the kernel, counted there, not yet drained. */
  held(stream: string): bigint;
  /** What the kernel side counted for a stream since the start; counters only grow. */
  losses(stream: string): LossCounts;
  /**
   * How often the kernel skipped a program of this probe, because a BPF program or a change of a map had just been
   * interrupted on that CPU. What it would have counted is not known. Only grows; 0 where the kernel does not count it
   * (before Linux 5.12).
   */
  skippedRuns?(): bigint;
}
