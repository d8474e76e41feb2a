import { join } from 'node:path';
import { HERE } from '../places.js';
import { installed, notInstalled } from './installed.js';
import type { Subject } from './subject.js';

/** The usual one-liner on tracepoints: pid, comm, returned value, path. */
export const bpftrace: Subject = {
  name: 'bpftrace',
  isSkep: false,
  missing: () => (installed('bpftrace') ? undefined : notInstalled('bpftrace')),
  command: (output) => ({
    argv: [
      installed('bpftrace') ?? 'bpftrace',
      ...(output === 'line' ? ['-B', 'none'] : []),
      join(HERE, 'peers', 'opensnoop.bt'),
    ],
  }),
};
