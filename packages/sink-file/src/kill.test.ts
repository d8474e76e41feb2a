import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { countTo, filesIn, linesOf, numbersOf, schemaOf, sinkOf, temporaryFolder } from './fixture.js';

const PROGRAM = `
  import { BatchBuilder } from ${JSON.stringify(new URL('../../core/dist/index.js', import.meta.url).href)};
  import plugin from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
  const schema = JSON.parse(process.argv[1]);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const options = { path: 'events.jsonl', format: 'jsonl', tag: false, rotate: { size: 1e6 } };
  const sink = plugin.create(options, { name: 'archive', folder: process.argv[2], log });
  await sink.open([schema]);
  const builder = new BatchBuilder(schema, 8192);
  for (let from = 0; ; from += 8192) {
    builder.reset();
    builder.rows = 8192;
    for (let i = 0; i < 8192; i++) builder.columns[0].values[i] = from + i;
    await sink.write(builder.batch());
    process.stdout.write(from + 8192 + '\\n');
  }
`;

it('loses no line that a write settled for when it is killed, and ends no file within a line', async () => {
  const folder = temporaryFolder();
  const schema = schemaOf();
  const args = ['--input-type=module', '-e', PROGRAM, '--', JSON.stringify(schema), folder];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > 12) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const settled = Number(said.split('\n').at(-2));

  // A kill rarely falls within a write; cut the last line as one does that did.
  const current = join(folder, 'events.jsonl');
  // There is none when the kill fell within a rotation.
  const left = existsSync(current) ? readFileSync(current).subarray(0, -3) : Buffer.alloc(0);
  if (left.length > 0) truncateSync(current, left.length);
  const { sink } = sinkOf(folder, { path: 'events.jsonl', rotate: { size: '1MB' } });
  await sink.open([schema]);
  await sink.close();
  const numbers = numbersOf(
    filesIn(folder).flatMap((name) => (name.endsWith('.torn') ? [] : linesOf(join(folder, name)))),
  );
  expect(numbers).toEqual(countTo(numbers.length));
  expect(numbers.length).toBeGreaterThanOrEqual(settled - 1);
  expect(existsSync(`${current}.torn`)).toBe(left.length > 0 && !left.toString().endsWith('\n'));
});
