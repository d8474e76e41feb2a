import { folderName, type Layout } from './layout.js';
import { safeName } from './safe-name.js';

/** A Native block in a file of the spool. */
export interface SealedBlock {
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  readonly boot: string;
  /** Sequence number of its first row. */
  readonly sequence: number;
  /** CRC-32 of the file, as it was sealed. */
  readonly checksum: number;
  readonly layout: Layout;
  readonly layoutId: string;
  /** Milliseconds since the epoch. */
  readonly sealedAtMs: number;
}

/** `<host>:<boot>:<source>.<table>:<sequence>`: the same in every attempt, and in no other block. */
export function tokenOf({ layout, boot, sequence }: Pick<SealedBlock, 'layout' | 'boot' | 'sequence'>): string {
  return `${safeName(layout.host)}:${boot}:${folderName(layout)}:${sequence}`;
}
