/** An answer in the words of ClickHouse: `Code: 62. DB::Exception: ... (SYNTAX_ERROR)`. */
export class DialectError extends Error {
  readonly code: number;

  constructor(code: number, type: string, message: string) {
    super(`Code: ${code}. DB::Exception: ${message} (${type})`);
    this.code = code;
  }
}

/** @param second where the second statement begins */
export function multiStatement(second: number): DialectError {
  const where = `failed at position ${second + 1}`;
  return new DialectError(62, 'SYNTAX_ERROR', `Syntax error (Multi-statements are not allowed): ${where}`);
}

/** Text and code of what went wrong; 1001 is ClickHouse's code for what is not its own. */
export function exceptionOf(error: unknown): { readonly code: number; readonly text: string } {
  const text = error instanceof Error ? error.message : String(error);
  const code = Number(/Code:\s*(\d+)/.exec(text)?.[1] ?? 0);
  return code > 0 ? { code, text } : { code: 1001, text: `Code: 1001. DB::Exception: ${text} (STD_EXCEPTION)` };
}

const STATUS: Readonly<Record<number, number>> = {
  36: 400,
  43: 400,
  47: 404,
  60: 404,
  62: 400,
  81: 404,
  115: 404,
  159: 408,
  164: 403,
  202: 503,
  241: 500,
};

/** As a server would answer; clients look at the code, not at this. */
export function statusOf(code: number): number {
  return STATUS[code] ?? 500;
}
