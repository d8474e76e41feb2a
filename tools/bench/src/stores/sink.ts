import type { LedgerEntry, SinkContext } from '@skep/core';
import definition, { type ClickHouseSink } from '@skep/sink-clickhouse';

/** The sink as an agent makes it, in this process. */
export function createSink(url: string, folder: string): ClickHouseSink {
  const quiet = () => {};
  const entries: LedgerEntry[] = [];
  const context: SinkContext = {
    name: 'store',
    folder,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    agent: { name: 'bench', version: '0.0.0', startedMs: Date.now(), configDigest: () => '' },
    account: () => entries,
    stopping: new AbortController().signal,
  };
  type Options = Parameters<typeof definition.create>[0];
  return definition.create({ url } as Options, context) as ClickHouseSink;
}

/** Settles when everything written is stored. @throws Error when it is not in time. */
export async function stored(sink: ClickHouseSink, limitS: number): Promise<void> {
  for (const end = Date.now() + limitS * 1000; Date.now() < end; ) {
    await sink.flush();
    if (sink.status.blocks === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('not stored in time');
}
