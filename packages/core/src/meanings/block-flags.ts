import type { Meaning } from '../meaning.js';

/** Operations of `enum req_op`, low 8 bits of `cmd_flags`, in BCC's words; 7 was WRITE_SAME before Linux 5.18. */
const OPERATIONS: ReadonlyMap<number, string> = new Map([
  [0, 'Read'],
  [1, 'Write'],
  [2, 'Flush'],
  [3, 'Discard'],
  [5, 'SecureErase'],
  [6, 'ZoneReset'],
  [7, 'ZoneAppend'],
  [9, 'WriteZeros'],
  [11, 'ZoneOpen'],
  [13, 'ZoneClose'],
  [15, 'ZoneFinish'],
  [34, 'DriverIn'],
  [35, 'DriverOut'],
]);

/** Bits of `enum req_flag_bits` that BCC names; each is put before what is already there. */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [11, 'Sync'],
  [12, 'Metadata'],
  [17, 'ForcedUnitAccess'],
  [13, 'Priority'],
  [14, 'NoMerge'],
  [15, 'Idle'],
  [19, 'ReadAhead'],
  [20, 'Background'],
  [21, 'NoWait'],
];

/**
 * A block request's `cmd_flags`: the operation and its flags, such as `Priority-Metadata-Sync-Write`.
 * @see include/linux/blk_types.h; the bits are the same from Linux 5.10 to 6.18
 */
export const flags: Meaning = {
  typedef: 'skep_block_flags_t',
  json: 'text',
  text(value) {
    const bits = Number(value);
    let name = OPERATIONS.get(bits & 0xff) ?? 'Unknown';
    for (const [bit, label] of FLAGS) if (bits & (1 << bit)) name = `${label}-${name}`;
    return name;
  },
};
