import { AT } from './constants.js';

/** The attributes that are read, by where an entry keeps them. */
export const SLOT = {
  LOW_PC: 0,
  HIGH_PC: 1,
  RANGES: 2,
  ORIGIN: 3,
  SPECIFICATION: 4,
  SIBLING: 5,
  LINKAGE_NAME: 6,
  NAME: 7,
  ADDR_BASE: 8,
  STR_OFFSETS_BASE: 9,
  RNGLISTS_BASE: 10,
} as const;

export type Slot = (typeof SLOT)[keyof typeof SLOT];

export const SLOTS = Object.keys(SLOT).length;

const OF_ATTRIBUTES: ReadonlyMap<number, Slot> = new Map<number, Slot>([
  [AT.LOW_PC, SLOT.LOW_PC],
  [AT.HIGH_PC, SLOT.HIGH_PC],
  [AT.RANGES, SLOT.RANGES],
  [AT.ABSTRACT_ORIGIN, SLOT.ORIGIN],
  [AT.SPECIFICATION, SLOT.SPECIFICATION],
  [AT.SIBLING, SLOT.SIBLING],
  [AT.LINKAGE_NAME, SLOT.LINKAGE_NAME],
  [AT.MIPS_LINKAGE_NAME, SLOT.LINKAGE_NAME],
  [AT.NAME, SLOT.NAME],
  [AT.ADDR_BASE, SLOT.ADDR_BASE],
  [AT.STR_OFFSETS_BASE, SLOT.STR_OFFSETS_BASE],
  [AT.RNGLISTS_BASE, SLOT.RNGLISTS_BASE],
]);

/** Undefined for an attribute that is not read. */
export function slotOf(attribute: number): Slot | undefined {
  return OF_ATTRIBUTES.get(attribute);
}
