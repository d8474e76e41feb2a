import { createHash } from 'node:crypto';
import { safeName } from './safe-name.js';

/** What the blocks of a stream have in common as long as its columns stay the same. */
export interface Layout {
  /** Name of the agent that sealed the blocks. */
  readonly host: string;
  readonly source: string;
  /** Name of the table, without its database, as it is: not quoted. */
  readonly table: string;
  /** In the order of the block; types as the block spells them. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** Suffix of the file beside the blocks that holds their layout. */
export const LAYOUT_SUFFIX = '.layout.json';

/**
 * A layout as the spool keeps it: its text, and the id that stands in the names of its blocks. The id is a hash of the
 * text, so a damaged file is noticed.
 */
export function packLayout({ host, source, table, columns }: Layout): { readonly id: string; text: string } {
  const plain = columns.map(({ name, type }) => ({ name, type }));
  const text = `${JSON.stringify({ host, source, table, columns: plain })}\n`;
  return { id: idOf(text), text };
}

/** The layout of a file's text; undefined when it is not what `id` was made from. */
export function unpackLayout(id: string, text: string): Layout | undefined {
  return idOf(text) === id ? (JSON.parse(text) as Layout) : undefined;
}

function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** The folder of a source's blocks for a table below the spool, and their part of a deduplication token. */
export function folderName({ source, table }: Pick<Layout, 'source' | 'table'>): string {
  return `${safeName(source)}.${safeName(table)}`;
}
