import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { stringValue } from '../sql/tokens.js';
import { DialectError, multiStatement } from './dialect-error.js';
import type { Embedded } from './embedded.js';
import { insertFrom, openInfile } from './infile.js';
import { prelude } from './prelude.js';
import { isReadonly, type StoreRequest } from './request.js';
import { pathOf, scratchFile } from './scratch.js';

/** Folders whose files may be named, and the one for bodies on the disk. */
export interface InsertPlaces {
  readonly allowed: Iterable<string>;
  readonly scratch: string;
}

/** Where the rows of an INSERT are: an open file that is whole. */
export async function dataOf(request: StoreRequest, bodyBytes: number, places: InsertPlaces): Promise<FileHandle> {
  const { text, insert, second } = request.statement;
  const { infile, data } = insert!;
  if (isReadonly(request)) throw new DialectError(164, 'READONLY', 'Cannot execute query in readonly mode');
  if (second !== undefined) throw multiStatement(second);
  if (infile) return openInfile(stringValue(text.slice(infile.start, infile.end)), places.allowed);
  const inline = Buffer.from(data);
  if (!request.body) return scratchFile(Readable.from([inline]), inline.length, places.scratch);
  return scratchFile(joined(inline, request.body), inline.length + bodyBytes, places.scratch);
}

/** Data may begin in the statement and go on in the body. */
function joined(first: Buffer, rest: Readable): Readable {
  if (first.toString().trim() === '') return rest;
  return Readable.from(
    (async function* () {
      yield first;
      yield* rest;
    })(),
  );
}

/** Settles when all of the data is stored, or none of it (of one partition). */
export async function runInsert(engine: Embedded, request: StoreRequest, file: FileHandle): Promise<void> {
  const { text, insert, format } = request.statement;
  const { size } = await file.stat();
  if (format === undefined) throw new DialectError(62, 'SYNTAX_ERROR', 'INSERT without VALUES, FORMAT or SELECT');
  // As a server: no rows are no error.
  if (size === 0) return;
  const withFormat = format === 'Values' ? `${text} FORMAT Values` : text;
  const session = engine.session();
  try {
    await session.queryAsync(prelude(request, false));
    await session.queryAsync(insertFrom(withFormat, insert!, pathOf(file)));
  } finally {
    session.close();
  }
}
