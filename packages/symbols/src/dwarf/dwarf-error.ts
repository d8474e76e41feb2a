/** Why debug information cannot be read; never seen by users, whose stacks have no inlined functions then. */
export class DwarfError extends Error {
  override readonly name: string = 'DwarfError';
}

/** The bytes that were read end before what was asked of them: there may be more of them. */
export class CutOffError extends DwarfError {
  override readonly name: string = 'CutOffError';
}
