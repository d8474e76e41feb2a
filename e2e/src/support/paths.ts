import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The root of the workspace: tools are found from here. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export const SKEP = join(ROOT, 'packages/cli/bin/skep.mjs');

/** A folder for one test, with the workspace's packages in reach of a configuration that lies in it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skep-e2e-'));
  chmodSync(folder, 0o755);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
