import type { PluginFacts } from '@skep/runner/tool';
import { cell, code, table } from './markdown.js';

const SHAPES: Readonly<Record<string, string>> = {
  events: 'one row per event',
  table: 'one row per key, each interval',
  histogram: 'one row per bucket that is not empty, each interval',
  stacks: 'one row per stack, each interval',
};

/** Columns of every stream; with one stream no heading. */
export function streamTables({ streams }: PluginFacts): string {
  return streams
    .map(({ name, shape, doc, columns }) => {
      const about = `Stream ${code(name)}: ${doc ? cell(doc.replace(/\.$/, '')) : (SHAPES[shape] ?? shape)}.`;
      const rows = columns.map((c) => [code(c.name), c.type, cell(c.meaning), cell(c.doc)]);
      return `${about}\n\n${table(['Column', 'Type', 'Meaning', 'Notes'], rows)}`;
    })
    .join('\n\n');
}
