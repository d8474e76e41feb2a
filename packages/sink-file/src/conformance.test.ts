import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonRows, testSink } from '@skep/testing';
import { sinkOf, temporaryFolder } from './fixture.js';

testSink(() => {
  const folder = temporaryFolder();
  const { sink } = sinkOf(folder, { path: 'rows.jsonl' });
  const text = () => readFileSync(join(folder, 'rows.jsonl'), 'utf8');
  return { sink, text, rows: () => jsonRows(text()) };
});
