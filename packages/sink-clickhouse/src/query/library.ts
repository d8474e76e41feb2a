import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LibraryParameter, LibraryQuery } from '@skep/core';
import { placeholdersOf } from './placeholders.js';

const FOLDER = fileURLToPath(new URL('../../queries/', import.meta.url));
const SUFFIX = '.sql';

let loaded: readonly LibraryQuery[] | undefined;

/** The queries that come with the sink: the files of `queries/`. */
export function libraryQueries(): readonly LibraryQuery[] {
  loaded ??= readdirSync(FOLDER)
    .filter((file) => file.endsWith(SUFFIX))
    .sort()
    .map((file) => parseQuery(file.slice(0, -SUFFIX.length), readFileSync(`${FOLDER}${file}`, 'utf8')));
  return loaded;
}

/**
 * A file of the library: SQL under a head of comments.
 *
 *     -- Programs that open most files
 *     -- tools: opensnoop
 *     -- minutes = 60: how far back
 *     SELECT ... WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE
 *
 * Types of parameters stand in the statement only.
 */
export function parseQuery(name: string, file: string): LibraryQuery {
  const lines = file.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  const head = lines.slice(0, end).map((line) => line.replace(/^--\s*/, ''));
  const text = lines.slice(end).join('\n').trim().replace(/;$/, '');
  const types = new Map(placeholdersOf(text).map((one) => [one.name, one.type]));
  const tools = head.find((line) => line.startsWith('tools:'))?.slice('tools:'.length) ?? '';
  const parameters: LibraryParameter[] = [];
  for (const line of head) {
    const [, parameter, value = '', doc = ''] = /^(\w+) =\s*([^:]*?): (.*)$/.exec(line) ?? [];
    if (parameter === undefined) continue;
    const type = types.get(parameter);
    if (type === undefined) throw new Error(`query ${name}: nothing stands for parameter ${parameter}`);
    parameters.push({ name: parameter, type, default: value, doc });
  }
  return { name, title: head[0] ?? '', tools: tools.split(/[\s,]+/).filter((tool) => tool !== ''), parameters, text };
}
