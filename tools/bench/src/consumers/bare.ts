import { buildProgram } from '../build.js';
import type { Consumer } from './consumer.js';

/** `c/ring-drain.c`: mapped pages, one pass, no library call per record. */
export const bareConsumer: Consumer = {
  name: 'bare C',
  isSkep: false,
  missing: () => undefined,
  command: async (object) => [await buildProgram('ring-drain', ['bpf']), object],
};
