import { type FileHandle, open } from 'node:fs/promises';
import type { Batch, Clock, KernelMemory, LossCounts, Probe, Sink } from '@skep/core';
import { SkepError } from '@skep/core';
import type { NamedStack, Taken, Tap } from '@skep/libbpf';
import { block } from './block-writer.js';
import { EntryBuffer } from './entry-buffer.js';
import { BLOCK_BYTES, EVENTS, LOSSES, MOST_STREAMS, magicOf, ROWS, SNAPSHOT, STACKS } from './format.js';
import type { RecordingHeader } from './header.js';
import { writeRows } from './rows-entry.js';
import { StackWriter } from './stack-writer.js';

/** At most this old is what a killed recorder takes along. */
const FLUSH_MS = 1000;
/** Stacks of one entry: a block holds many such. */
const STACKS_AT_A_TIME = 512;

interface Chunk {
  readonly clock: Clock;
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
}

/**
 * Writes what comes out of the kernel to a file. It listens to probes (a tap) and is a sink as well: records are copied
 * while a probe drains, become an entry when the batch arrives, and `write` settles when a full block is on its way to
 * the disk, so that a slow disk slows the draining.
 */
export class Recorder implements Sink {
  /** Filters are applied when the recording is replayed. */
  readonly unfiltered = true;
  /** Bytes of the file so far. */
  bytes = 0;
  private readonly path: string;
  private readonly file: FileHandle;
  private startMs = performance.now();
  private flushedMs = 0;
  private readonly entries = new EntryBuffer();
  private readonly indexes = new Map<string, number>();
  private readonly stackWriter = new StackWriter();
  private flushing: Promise<void> = Promise.resolve();
  /** Streams whose batches are recorded. */
  private readonly rows = new Set<number>();
  private readonly probes = new Map<string, Probe>();
  private chunks: Chunk[] = [];
  private stacks: NamedStack[] = [];
  private taken: { readonly taken: Taken; readonly covered: bigint } | undefined;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.file = file;
  }

  /** @throws SkepError SKEP_SINK when the file cannot be made. An old file of that name is replaced. */
  static async create(path: string): Promise<Recorder> {
    const file = await open(path, 'w', 0o600).catch((cause: Error) => {
      throw new SkepError('SKEP_SINK', `cannot record to ${path}: ${cause.message}`, '', { cause });
    });
    return new Recorder(path, file);
  }

  /** Before anything else is written. */
  async begin(header: RecordingHeader): Promise<void> {
    for (const { name, streams } of header.sources) {
      for (const { stream, kind } of streams) {
        if (kind === 'rows') this.rows.add(this.indexes.size);
        this.indexes.set(`${name}\0${stream}`, this.indexes.size);
      }
    }
    if (this.indexes.size > MOST_STREAMS) throw new SkepError('SKEP_SINK', `more than ${MOST_STREAMS} streams`);
    await this.append(magicOf(header.version));
    await this.append(await block(Buffer.from(JSON.stringify(header))));
  }

  /** The probe of a source, to be asked what its snapshots have covered. */
  follow(source: string, probe: Probe): void {
    this.probes.set(source, probe);
  }

  /** What a probe calls while it drains. */
  readonly tap: Tap = {
    // What is there from before belongs to a snapshot that was lost: a function of its plugin threw.
    events: (memory, starts, ends, rows, clock) => {
      if (this.chunks.length === 0) this.forgetSnapshot();
      this.chunks.push(chunkOf(memory, starts, ends, rows, clock));
    },
    snapshot: (taken, covered) => {
      this.forgetSnapshot();
      this.taken = { taken, covered };
    },
    stack: (stack) => this.stacks.push(stack),
  };

  async open(): Promise<void> {}

  /** Everything is attached: times count from here. */
  async start(): Promise<void> {
    this.startMs = performance.now();
  }

  async write(batch: Batch): Promise<void> {
    const { schema, lost } = batch;
    const { entries } = this;
    const stream = this.indexOf(schema.source, schema.stream);
    const timeMs = performance.now() - this.startMs;
    this.nameStacks(stream, timeMs);
    if (this.rows.has(stream)) {
      entries.begin(ROWS, stream, timeMs);
      writeRows(batch, this.probes.get(schema.source)?.covered?.(schema.stream) ?? 0n, entries);
    } else if (this.taken) {
      const { taken, covered } = this.taken;
      entries.begin(SNAPSHOT, stream, timeMs);
      entries.u64(taken.timeNs);
      entries.u64(taken.intervalNs);
      entries.u64(covered);
      entries.u32(taken.complete ? 1 : 0);
      entries.u32(taken.entries.count);
      entries.u32(taken.entries.stride);
      entries.u32(taken.entries.keys.length);
      entries.raw(taken.entries.keys);
      entries.raw(taken.entries.values);
      this.taken = undefined;
    } else {
      entries.begin(EVENTS, stream, timeMs);
      entries.u32(lost);
      entries.u32(this.chunks.length);
      for (const { clock, lengths, bytes } of this.chunks.splice(0)) {
        entries.u32(clock.offsetLow);
        entries.u32(clock.offsetHigh);
        entries.u32(lengths.length);
        for (const length of lengths) entries.u32(length);
        entries.raw(bytes);
      }
    }
    entries.finish();
    if (entries.bytes >= BLOCK_BYTES || timeMs - this.flushedMs >= FLUSH_MS) {
      this.flushedMs = timeMs;
      await this.flush();
    }
  }

  private forgetSnapshot(): void {
    this.taken = undefined;
    this.stacks = [];
  }

  /** What the records that follow refer to. */
  private nameStacks(stream: number, timeMs: number): void {
    const { entries } = this;
    for (const stacks = this.stacks; stacks.length > 0; ) {
      entries.begin(STACKS, stream, timeMs);
      this.stackWriter.write(stacks.splice(0, STACKS_AT_A_TIME), entries);
      entries.finish();
    }
  }

  /** The account of a stream at the end. */
  losses(source: string, stream: string, { attempted, ringFull, mapFull, cut }: LossCounts, held: bigint): void {
    const { entries } = this;
    entries.begin(LOSSES, this.indexOf(source, stream), performance.now() - this.startMs);
    for (const count of [attempted, ringFull, mapFull, cut, held]) entries.u64(count);
    entries.finish();
  }

  /** One block after the other: what a later one says builds on what an earlier one said. */
  flush(): Promise<void> {
    const next = this.flushing.then(async () => {
      for (const entries of this.entries.take()) await this.append(await block(entries));
    });
    this.flushing = next.catch(() => undefined);
    return next;
  }

  /** The agent has let go; the account follows. */
  async close(): Promise<void> {
    await this.flush();
  }

  async end(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.file.close();
    }
  }

  private indexOf(source: string, stream: string): number {
    const index = this.indexes.get(`${source}\0${stream}`);
    if (index === undefined) throw new SkepError('SKEP_INTERNAL', `stream ${source}.${stream} is not in the header`);
    return index;
  }

  private async append(bytes: Uint8Array): Promise<void> {
    try {
      await this.file.appendFile(bytes);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SkepError('SKEP_SINK', `cannot write to ${this.path}: ${reason}`, '', { cause });
    }
    this.bytes += bytes.length;
  }
}

/** Records copied out of the kernel's memory, one behind the other. */
function chunkOf({ u8 }: KernelMemory, starts: Uint32Array, ends: Uint32Array, rows: number, clock: Clock): Chunk {
  const lengths = new Uint32Array(rows);
  let size = 0;
  for (let r = 0; r < rows; r++) size += lengths[r] = ends[r]! - starts[r]!;
  const bytes = new Uint8Array(size);
  for (let r = 0, at = 0; r < rows; at += lengths[r]!, r++) bytes.set(u8.subarray(starts[r]!, ends[r]!), at);
  return { clock, lengths, bytes };
}
