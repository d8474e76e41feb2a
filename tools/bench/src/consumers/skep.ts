import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HERE, WORKSPACE } from '../places.js';
import type { Consumer } from './consumer.js';

/** `skep-drain.ts` beside this file: the probe of @skep/libbpf and nothing behind it. */
export const skepConsumer: Consumer = {
  name: 'skep',
  isSkep: true,
  missing: () =>
    existsSync(join(WORKSPACE, 'packages/libbpf/dist/index.js')) ? undefined : 'not built: npm run build',
  command: async (object) => [process.execPath, join(HERE, 'dist/consumers/skep-drain.js'), object],
};
