import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noCounts } from './counts.js';
import type { FinishedFile, FinishedFiles } from './finished-files.js';
import { Finisher } from './finisher.js';
import { filesIn, temporaryFolder } from './fixture.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** What a look at the folder saw, whatever has become of it since. */
function seen(...paths: readonly string[]): FinishedFiles {
  const list = async (): Promise<FinishedFile[]> =>
    paths.map((path, sequence) => ({ path, stored: [path], parts: [], date: '', sequence }));
  return { list } as unknown as FinishedFiles;
}

describe('a file beyond keep', () => {
  it('is removed although its compression ended since the folder was read', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'events-1.jsonl');
    writeFileSync(`${path}.gz`, '');
    const finisher = new Finisher({ keep: 0, compress: undefined }, log, noCounts());
    await finisher.finish(seen(path), 'another', 'current');
    expect(filesIn(folder)).toEqual([]);
  });

  it('is removed while it is being compressed, with what comes of that', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'events-1.jsonl');
    writeFileSync(path, randomBytes(4_000_000));
    const finisher = new Finisher({ keep: 0, compress: 'gzip' }, log, noCounts());
    await finisher.finish(seen(), path, 'current');
    await expect.poll(() => filesIn(folder), { interval: 1 }).toContain('events-1.jsonl.gz.part');
    await finisher.finish(seen(path), join(folder, 'gone'), 'current');
    await finisher.idle();
    expect(filesIn(folder)).toEqual([]);
  });
});
