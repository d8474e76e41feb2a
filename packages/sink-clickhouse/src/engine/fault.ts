/** What kind of trouble an insert or a statement ran into: it decides what is done about it. */
export type FaultName =
  | 'network'
  | 'transit'
  | 'busy'
  | 'memory'
  | 'parts'
  | 'space'
  | 'access'
  | 'schema'
  | 'settings'
  | 'poison'
  | 'unknown';

export interface Fault {
  /** Numbers of ClickHouse's exceptions. */
  readonly codes: readonly number[];
  /** First wait before it is tried again; doubles with each failure up to `longestMs`. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** Failed attempts of one block after which it is set aside; undefined: the store is at fault, not the block. */
  readonly attempts?: number;
  readonly remedy: string;
}

/**
 * The table of faults. Unless a block itself is at fault it stays in the spool for as long as it takes.
 * @see https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
 */
export const FAULTS: Readonly<Record<FaultName, Fault>> = {
  // No answer, or one that is not ClickHouse's. The rows may have been stored.
  network: { codes: [], firstMs: 500, longestMs: 30_000, remedy: 'see that the server runs and its address is right' },
  // The body did not arrive whole: the file itself has been checked.
  transit: {
    codes: [32, 33],
    firstMs: 500,
    longestMs: 30_000,
    attempts: 8,
    remedy: 'look at what is between skep and the server',
  },
  busy: {
    codes: [159, 202, 203, 209, 210, 216, 225, 236, 242, 285, 286, 319, 394, 425, 439, 999],
    firstMs: 500,
    longestMs: 30_000,
    remedy: 'the server has too much to do, or is starting',
  },
  memory: { codes: [241], firstMs: 500, longestMs: 30_000, remedy: 'give the server more memory' },
  parts: { codes: [252], firstMs: 5000, longestMs: 60_000, remedy: 'the server merges slower than it is written to' },
  space: { codes: [243, 201, 774], firstMs: 60_000, longestMs: 60_000, remedy: 'free some space, or raise the quota' },
  access: {
    codes: [516, 192, 193, 194, 164, 497],
    firstMs: 60_000,
    longestMs: 60_000,
    remedy: 'check user, password and grants',
  },
  schema: {
    codes: [60, 81, 16, 47, 53, 10],
    firstMs: 500,
    longestMs: 30_000,
    attempts: 3,
    remedy: 'the table is not as skep made it',
  },
  settings: {
    codes: [115, 73, 89],
    firstMs: 500,
    longestMs: 30_000,
    attempts: 3,
    remedy: 'the server is too old for what is asked of it',
  },
  poison: {
    codes: [6, 26, 27, 49, 62, 70, 117],
    firstMs: 500,
    longestMs: 30_000,
    attempts: 2,
    remedy: 'please report it',
  },
  unknown: { codes: [], firstMs: 500, longestMs: 30_000, attempts: 8, remedy: '' },
};

const BY_CODE: ReadonlyMap<number, FaultName> = new Map(
  (Object.keys(FAULTS) as FaultName[]).flatMap((name) => FAULTS[name].codes.map((code) => [code, name] as const)),
);

/** The number of the exception in a text of ClickHouse's: 18.16 `Code: 27, e.displayText() = ...`, later `Code: 27. ...`. */
export function exceptionCode(text: string): number | undefined {
  const code = /\bCode:\s*(\d+)/.exec(text)?.[1];
  return code === undefined ? undefined : Number(code);
}

export function faultOf(code: number, text: string): FaultName {
  // More days in one block than the server allows: waiting changes nothing.
  if (code === 252 && text.includes('Too many partitions')) return 'poison';
  return BY_CODE.get(code) ?? 'unknown';
}
