import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startStore } from '@skep/sink-clickhouse/store';
import { expect, it, onTestFinished } from 'vitest';
import { ServerEngine } from '../engine/server.js';
import { batchOf, NUMBERED, numbered, sinkOf, TABLE, temporaryFolder, until } from '../fixture.js';
import { goneProcess } from '../store/fixture.js';

it('stores a block whose token the engine knows and whose rows it lost when it was killed', async () => {
  const folder = temporaryFolder();
  const spool = join(folder, 'spool', 'store');
  const stream = join(spool, 'rows.tool_rows');
  const start = async () => {
    const store = await startStore(join(folder, 'data'), { spool });
    onTestFinished(() => store.close());
    const { socketPath, pid } = store;
    const settings = {
      url: 'http://store',
      user: 'default',
      password: '',
      compress: 'none',
      timeoutMs: 30_000,
    } as const;
    const engine = new ServerEngine({ name: 'store', ...settings, socketPath });
    const { sink } = sinkOf('http://store', folder, { flush: '1h' }, { engine, inFlight: 1 });
    await sink.open([NUMBERED]);
    const end = async () => {
      await sink.close();
      await store.close();
      await goneProcess(pid);
    };
    return { engine, sink, end };
  };

  const first = await start();
  await first.engine.command('SYSTEM STOP MERGES');
  const shipped = join(folder, 'shipped');
  // As the spool was before the insert: its name is kept until the store has it.
  const insert = first.engine.insert.bind(first.engine);
  first.engine.insert = (request) => {
    if (request.table.includes('tool_rows')) cpSync(stream, shipped, { recursive: true, preserveTimestamps: true });
    return insert(request);
  };
  await first.sink.write(batchOf(NUMBERED, numbered(0, 50)));
  await first.sink.flush();
  expect(await first.engine.rows(`SELECT toUInt32(count()) AS rows FROM ${TABLE}`)).toEqual([{ rows: 50 }]);
  await first.end();

  // As the engine is after a kill between the two: the token is in the log of the table, the part is not there.
  const table = join(folder, 'data', 'engine', 'data', 'skep', 'tool_rows');
  const parts = readdirSync(table).filter((name) => /^\d+_1_1_0$/.test(name));
  expect(parts).toHaveLength(1);
  for (const part of parts) rmSync(join(table, part), { recursive: true });
  cpSync(shipped, stream, { recursive: true, preserveTimestamps: true });

  const second = await start();
  await second.sink.flush();
  await until('the spool is empty', () => second.sink.status.blocks === 0);
  expect(await second.engine.rows(`SELECT toUInt32(count()) AS rows FROM ${TABLE}`)).toEqual([{ rows: 50 }]);
});
