import { type Batch, BatchBuilder } from '@skep/core';
import type { RecordedSource, ReplayPlan } from './header.js';
import type { RecordingFile } from './recording-file.js';
import { ReplayHost } from './replay-host.js';

export interface ReplayBatchesOptions {
  /** How the streams of the source are decoded, in their order. */
  readonly plans: (source: RecordedSource) => readonly ReplayPlan[];
  /** Frames of stacks look as in a text table. Default: names alone. */
  readonly isForTable?: boolean;
}

/**
 * The batches of the source `name`, unfiltered; the memory of one is valid until the next is asked for.
 *
 * @throws SkepError SKEP_RECORDING when the file is damaged, or has no such source.
 */
export async function* replayBatches(
  file: RecordingFile,
  name: string,
  { plans, isForTable = false }: ReplayBatchesOptions,
): AsyncGenerator<Batch, void, void> {
  let hasEnded = false;
  const host = new ReplayHost(file, { speed: Number.POSITIVE_INFINITY, isForTable }, () => {
    hasEnded = true;
  });
  const probe = host.probeFor(name, plans);
  const builders = probe.schemas.map((schema) => new BatchBuilder(schema));
  while (!hasEnded) {
    await host.wait();
    for (const builder of builders) {
      while (probe.drain(builder) > 0 || builder.snapshot) {
        yield builder.batch();
        builder.reset();
      }
    }
  }
}
