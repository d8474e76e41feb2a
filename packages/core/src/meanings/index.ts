import type { Meaning, Meanings } from '../meaning.js';
import { argv } from './argv.js';
import { flags } from './block-flags.js';
import { frames } from './frames.js';
import { ip } from './ip.js';
import { ktime } from './ktime.js';
import { comm, durationNs, max, path, text } from './plain.js';

/** The meanings skep ships with, by typedef. */
export const meanings: Meanings = new Map<string, Meaning>(
  [argv, comm, durationNs, flags, frames, ip, ktime, max, path, text].map((meaning) => [meaning.typedef, meaning]),
);
