import { constants, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SkepError } from '@skep/core';
import { ensureTracefs } from '@skep/libbpf';

/** One line that a program has printed by bpf_trace_printk(). */
export interface TraceFields {
  /** Seconds of the trace's clock, by default since boot. */
  readonly time: number;
  readonly comm: string;
  readonly pid: number;
  readonly cpu: number;
  readonly flags: string;
  readonly message: string;
}

const POLL_MS = 50;
/** A line without an end is not kept for ever. */
const LONGEST = 1 << 16;
/** Reads once it is to end: what is there by then, but where others print without end, not for ever. */
const LEFT = 100;

/**
 * The lines of trace_pipe as they come. It is one pipe for the whole kernel: lines of other programs come too, and each line
 * is read by one reader only. Once `signal` is aborted, what is left is yielded.
 *
 * @throws SkepError SKEP_TRACEFS when tracing is switched off or not there, SKEP_PERMISSION when it cannot be read.
 */
export async function* traceLines(signal?: AbortSignal): AsyncGenerator<string, void, void> {
  const folder = ensureTracefs();
  const path = join(folder, 'trace_pipe');
  mustBeOn(join(folder, 'tracing_on'));
  // Without waiting in the kernel: a read that waits there cannot be given up.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: NodeJS.ErrnoException) => {
    throw new SkepError('SKEP_PERMISSION', `${path} cannot be read: ${cause.code}`, 'run as root', { cause });
  });
  const buffer = Buffer.alloc(LONGEST);
  let rest = '';
  try {
    for (let left = LEFT; left > 0; ) {
      if (signal?.aborted) left--;
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null).catch(emptyWhenNothing);
      if (bytesRead === 0) {
        if (left < LEFT) return;
        await sleep(POLL_MS);
        continue;
      }
      const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      rest = lines.pop()!.slice(-LONGEST);
      // Programs end their lines themselves, and the kernel does too.
      yield* lines.filter((line) => line !== '');
    }
  } finally {
    await file.close();
  }
}

/** Where tracing has been switched off, nothing that is printed gets here, and waiting for it would be for ever. */
function mustBeOn(file: string): void {
  if (readFileSync(file, 'utf8').trim() !== '0') return;
  throw new SkepError(
    'SKEP_TRACEFS',
    `tracing is switched off in this kernel: ${file} is 0`,
    `as root: echo 1 > ${file}`,
  );
}

function emptyWhenNothing(error: NodeJS.ErrnoException): { bytesRead: number } {
  if (error.code === 'EAGAIN') return { bytesRead: 0 };
  throw error;
}

/** The same lines in parts; lines that are none, such as those about lost lines, are left out. */
export async function* traceFields(signal?: AbortSignal): AsyncGenerator<TraceFields, void, void> {
  for await (const line of traceLines(signal)) {
    const fields = parseTraceLine(line);
    if (fields) yield fields;
  }
}

/** `            node-1234    [001] ...21  5678.901234: bpf_trace_printk: Hello`: the name takes 16 places, and may hold anything. */
const LINE = /^(.{16,}?)-(\d+)\s+(?:\([\s\d-]+\)\s+)?\[(\d+)\]\s+(\S+)\s+(\d+\.\d+): [^:]*: ?(.*)$/;

export function parseTraceLine(line: string): TraceFields | undefined {
  const match = LINE.exec(line);
  if (!match) return undefined;
  const [, comm = '', pid, cpu, flags = '', time, message = ''] = match;
  return { time: Number(time), comm: comm.trim(), pid: Number(pid), cpu: Number(cpu), flags, message };
}
