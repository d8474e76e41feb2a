import type { ChdbSession } from './chdb.js';
import { DialectError, multiStatement } from './dialect-error.js';
import type { Embedded } from './embedded.js';
import { headLines, withoutHead } from './formats.js';
import { prelude } from './prelude.js';
import { isReadonly, type StoreRequest } from './request.js';

/** What the engine refuses to stream, such as a SELECT inside brackets of a kind it does not know. */
const NOT_STREAMABLE = 'Streaming query is not supported';

/** The result of a statement in pieces; the first comes when the engine has begun to answer. */
export async function* runQuery(engine: Embedded, request: StoreRequest): AsyncGenerator<Uint8Array> {
  checkAllowed(request);
  const { statement, defaultFormat } = request;
  const format = statement.format ?? defaultFormat;
  const lines = statement.kind === 'select' ? headLines(format) : undefined;
  const session = engine.session();
  try {
    await session.queryAsync(prelude(request, lines === undefined));
    if (lines === undefined) yield await whole(session, statement.text, format);
    else yield* pieces(session, statement.text, format, lines);
  } finally {
    session.close();
  }
}

/** The embedded engine lets pass what a server refuses to a read-only user. */
function checkAllowed(request: StoreRequest): void {
  const { kind, hasOutfile, second } = request.statement;
  if (second !== undefined) throw multiStatement(second);
  if (hasOutfile) throw new DialectError(348, 'INTO_OUTFILE_NOT_ALLOWED', 'INTO OUTFILE is not allowed');
  if (kind === 'empty') throw new DialectError(62, 'SYNTAX_ERROR', 'Empty query');
  if (kind === 'write' && isReadonly(request)) {
    throw new DialectError(164, 'READONLY', 'Cannot execute query in readonly mode');
  }
}

async function whole(session: ChdbSession, sql: string, format: string): Promise<Uint8Array> {
  return (await session.queryAsync(sql, { format })).bytes();
}

async function* pieces(session: ChdbSession, sql: string, format: string, head: number): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  try {
    for await (const chunk of session.queryStream(sql, { format })) {
      yield isFirst ? chunk.raw() : withoutHead(chunk.raw(), head, format.startsWith('CSV'));
      isFirst = false;
    }
  } catch (error) {
    if (!isFirst || !String(error).includes(NOT_STREAMABLE)) throw error;
    yield await whole(session, sql, format);
  }
}
