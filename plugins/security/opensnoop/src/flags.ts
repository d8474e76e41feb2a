import { constants } from 'node:fs';

/** Bits that fs.constants does not have; the same on x86-64 and arm64. */
const MORE = { O_ASYNC: 0o20000, O_CLOEXEC: 0o2000000, O_PATH: 0o10000000, O_TMPFILE: 0o20000000 };

/**
 * Bit of each O_ flag of open(2) on this machine. The C library's O_SYNC holds O_DSYNC, and its O_TMPFILE O_DIRECTORY:
 * here each has the bit it adds, so that a filter does not match the other. O_RDONLY is no bit, but their absence.
 */
export const FLAGS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(constants).filter(([name, bits]) => name.startsWith('O_') && bits !== 0)),
  O_SYNC: constants.O_SYNC & ~constants.O_DSYNC,
  ...MORE,
};

/** The bits of these flags together. */
export function flagBits(names: readonly string[]): number {
  return names.reduce((bits, name) => bits | FLAGS[name]!, 0);
}
