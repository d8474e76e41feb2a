import { tmpdir } from 'node:os';
import type { Log, ProcessorContext, SinkContext } from '@skep/core';

const silent = (): void => undefined;
const SILENT: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** What a sink learns of its surroundings, for tests; any part of it may be given. */
export function sinkContext(parts: Partial<SinkContext> = {}): SinkContext {
  return {
    name: 'sink',
    folder: tmpdir(),
    log: SILENT,
    agent: { name: 'test', version: '0.0.0', startedMs: 0, configDigest: () => '' },
    account: () => [],
    stopping: new AbortController().signal,
    ...parts,
  };
}

/** The same for a processor. */
export function processorContext(parts: Partial<ProcessorContext> = {}): ProcessorContext {
  return { name: 'processor', folder: tmpdir(), log: SILENT, ...parts };
}
