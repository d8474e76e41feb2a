import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { ClickHouseClient } from '@clickhouse/client';
import { describe, expect, it } from 'vitest';
import { makeTable, rowsOf, runStore, until } from './fixture.js';

const LONG = 'SELECT sum(sipHash64(number)) FROM numbers(100000000000)';

async function insertBody(client: ClickHouseClient, query: string, body: string | Buffer, headers = {}): Promise<void> {
  const { stream } = await client.exec({
    query,
    values: Readable.from([Buffer.from(body)], { objectMode: false }),
    http_headers: headers,
  });
  for await (const _ of stream);
}

describe('the store', () => {
  it('answers the official client as a server does', async () => {
    const { client } = await runStore();
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toEqual({ success: true });
    await makeTable(client);
    await client.insert({
      table: 'skep.t',
      format: 'JSONEachRow',
      values: [
        { a: '18446744073709551615', s: "it's; \n\nDROP TABLE skep.t" },
        { a: 1, s: '' },
      ],
    });
    await client.command({ query: "INSERT INTO skep.t VALUES (2, 'x\n\n;SELECT 1'), (3, '')" });
    const result = await client.query({
      query: 'SELECT a, s FROM skep.t WHERE s != {not:String} ORDER BY a',
      query_params: { not: '' },
      format: 'JSONCompactEachRowWithNamesAndTypes',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
    });
    expect(await result.json()).toEqual([
      ['a', 's'],
      ['UInt64', 'String'],
      ['2', 'x\n\n;SELECT 1'],
      ['18446744073709551615', "it's; \n\nDROP TABLE skep.t"],
    ]);
    const document = await (
      await client.query({ query: 'SELECT toString(count()) AS n FROM skep.t', format: 'JSON' })
    ).json();
    expect(document).toMatchObject({ data: [{ n: '4' }], rows: 1 });
  });

  it('gives each head once, however many pieces a result has', async () => {
    const { client } = await runStore();
    for (const [format, head] of [
      ['TabSeparatedWithNamesAndTypes', 2],
      ['CSVWithNames', 1],
      ['JSONCompactEachRowWithNamesAndTypes', 2],
      ['CSV', 0],
    ] as const) {
      const result = await client.exec({ query: `SELECT number AS "a\nb" FROM numbers(200000) FORMAT ${format}` });
      let text = '';
      for await (const chunk of result.stream) text += chunk;
      const inName = format === 'CSVWithNames' ? 1 : 0;
      expect(text.split('\n').length - 1, format).toBe(200_000 + head + inName);
    }
  });

  it('names the code of what is wrong, before and after the first row', async () => {
    const { client } = await runStore();
    await expect(client.query({ query: 'SELECT nothing' })).rejects.toMatchObject({ code: '47' });
    await expect(client.command({ query: 'SELECT 1; SELECT 2' })).rejects.toMatchObject({ code: '62' });
    await expect(
      client.command({ query: 'SELECT 1', clickhouse_settings: { no_such_setting: '1' } as never }),
    ).rejects.toMatchObject({ code: '115' });
    const late = await client.query({
      query: 'SELECT throwIf(number = 300000) FROM numbers(400000)',
      format: 'JSONEachRow',
    });
    const read = async () => {
      for await (const _ of late.stream());
    };
    await expect(read()).rejects.toMatchObject({ code: '395' });
  });

  it('keeps the settings and parameters of a request out of every other', async () => {
    const { client } = await runStore();
    await makeTable(client);
    const settings = { insert_deduplication_token: 'one', max_threads: 3 };
    await client.insert({ table: 'skep.t', values: [{ a: 1 }], format: 'JSONEachRow', clickhouse_settings: settings });
    await client.insert({ table: 'skep.t', values: [{ a: 1 }], format: 'JSONEachRow', clickhouse_settings: settings });
    await client.insert({ table: 'skep.t', values: [{ a: 2 }], format: 'JSONEachRow' });
    await client.insert({ table: 'skep.t', values: [{ a: 3 }], format: 'JSONEachRow' });
    expect(await rowsOf(client, 'SELECT count() AS n FROM skep.t')).toEqual([{ n: '3' }]);
    const asked = Array.from({ length: 40 }, async (_, i) => {
      const result = await client.query({
        query: "SELECT {x:String} AS x, getSetting('max_block_size') AS m",
        query_params: { x: `${i}\t'\\` },
        clickhouse_settings: { max_block_size: String(1000 + i) },
        format: 'JSONEachRow',
      });
      return (await result.json())[0];
    });
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 40 }, (_, i) => ({ x: `${i}\t'\\`, m: 1000 + i })));
  });

  it('refuses a read-only request what a server would refuse', async () => {
    const { client, folder } = await runStore();
    await makeTable(client);
    const refused = (query: string) =>
      expect(client.command({ query, clickhouse_settings: { readonly: '2' } }), query).rejects;
    await refused('DROP TABLE skep.t').toMatchObject({ code: '164' });
    await refused('SYSTEM STOP MERGES').toMatchObject({ code: '164' });
    await refused("INSERT INTO skep.t VALUES (1, '')").toMatchObject({ code: '164' });
    await refused("INSERT INTO FUNCTION file('/tmp/x', 'CSV', 'a Int8') SELECT 1").toMatchObject({ code: '164' });
    await refused("INSERT INTO FUNCTION file('/tmp/x', 'CSV', 'a Int8') VALUES (1)").toMatchObject({ code: '164' });
    await refused('SET readonly = 0').toMatchObject({ code: '164' });
    await refused(`SELECT 1 INTO OUTFILE '${folder}/x'`).toMatchObject({ code: '348' });
    expect(await rowsOf(client, 'SELECT count() AS n FROM skep.t')).toEqual([{ n: '0' }]);
  });

  it('inserts from files of the spool alone', async () => {
    const { client, folder, spool } = await runStore();
    await makeTable(client);
    const outside = join(folder, 'outside.csv');
    writeFileSync(outside, '9,nine\n');
    writeFileSync(join(spool, 'a.csv'), '1,one\n');
    writeFileSync(join(spool, 'b.csv.br'), brotliCompressSync('2,two\n'));
    writeFileSync(join(spool, 'c.csv'), brotliCompressSync('3,three\n'));
    symlinkSync(outside, join(spool, 'link.csv'));
    mkdirSync(`${spool}-not`);
    writeFileSync(`${spool}-not/d.csv`, '9,nine\n');
    const from = (path: string, more = '') =>
      client.command({
        query: `INSERT INTO skep.t (a, s) FROM INFILE '${path}' ${more} SETTINGS insert_deduplication_token = '${path}' FORMAT CSV`,
      });
    await from(join(spool, 'a.csv'));
    await from(join(spool, 'a.csv'));
    await from(join(spool, 'b.csv.br'));
    await from(join(spool, 'c.csv'), "COMPRESSION 'br'");
    await expect(from(outside)).rejects.toMatchObject({ code: '291' });
    await expect(from(`${spool}/../outside.csv`)).rejects.toMatchObject({ code: '291' });
    await expect(from(`${spool}-not/d.csv`)).rejects.toMatchObject({ code: '291' });
    await expect(from('/dev/zero')).rejects.toMatchObject({ code: '291' });
    await expect(from(join(spool, 'link.csv'))).rejects.toMatchObject({ code: '107' });
    await expect(from(join(spool, 'missing.csv'))).rejects.toMatchObject({ code: '107' });
    expect(await rowsOf(client, 'SELECT s FROM skep.t ORDER BY a')).toEqual([
      { s: 'one' },
      { s: 'two' },
      { s: 'three' },
    ]);
  });

  it('acknowledges no part of a statement that was cut', async () => {
    const { client, spool } = await runStore();
    await makeTable(client);
    const path = join(spool, 'a.csv');
    writeFileSync(path, '1,one\n');
    const statement = `INSERT INTO skep.t (a, s) FROM INFILE '${path}' FORMAT CSV`;
    for (let length = 1; length < statement.length; length++) {
      await expect(client.command({ query: statement.slice(0, length) }), String(length)).rejects.toThrow();
    }
    expect(await rowsOf(client, 'SELECT count() AS n FROM skep.t')).toEqual([{ n: '0' }]);
    await client.command({ query: statement });
    await client.command({ query: 'INSERT INTO skep.t (a, s) FORMAT CSV' });
    expect(await rowsOf(client, 'SELECT count() AS n FROM skep.t')).toEqual([{ n: '1' }]);
  });

  it('takes compressed bodies', async () => {
    const { client } = await runStore();
    await makeTable(client);
    const insert = 'INSERT INTO skep.t (a, s) FORMAT CSV';
    await insertBody(client, insert, gzipSync('1,one\n'), { 'Content-Encoding': 'gzip' });
    await insertBody(client, insert, brotliCompressSync('2,two\n'), { 'Content-Encoding': 'br' });
    await expect(insertBody(client, insert, 'x', { 'Content-Encoding': 'lzma' })).rejects.toMatchObject({ code: '89' });
    await expect(
      insertBody(client, insert, gzipSync('3,three\n').subarray(0, 20), { 'Content-Encoding': 'gzip' }),
    ).rejects.toThrow();
    expect(await rowsOf(client, 'SELECT s FROM skep.t ORDER BY a')).toEqual([{ s: 'one' }, { s: 'two' }]);
  });

  it('goes on after compressed bodies that are cut, however early that is noticed', async () => {
    const { client, handle } = await runStore();
    await makeTable(client);
    const { pid } = handle;
    const cut = gzipSync('3,three\n').subarray(0, 20);
    const insert = () =>
      insertBody(client, 'INSERT INTO skep.t (a, s) FORMAT CSV', cut, { 'Content-Encoding': 'gzip' });
    for (let n = 0; n < 20; n++) {
      const results = await Promise.allSettled([insert(), insert(), insert(), insert()]);
      expect(results.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    }
    expect(await rowsOf(client, 'SELECT count() AS n FROM skep.t')).toEqual([{ n: '0' }]);
    expect(handle.pid).toBe(pid);
  });

  it('stores nothing of a body that is cut', async () => {
    const { client, handle } = await runStore();
    await makeTable(client);
    for (const headers of [{ 'Transfer-Encoding': 'chunked' }, { 'Content-Length': '1000000' }]) {
      const sent = request({
        agent: handle.agent,
        method: 'POST',
        path: `/?query=${encodeURIComponent('INSERT INTO skep.t (a, s) FORMAT CSV')}`,
        headers,
      });
      sent.on('error', () => undefined);
      sent.write('1,one\n2,two\n');
      await once(sent, 'socket');
      await new Promise((resolve) => setTimeout(resolve, 300));
      sent.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await rowsOf(client, 'SELECT * FROM skep.t')).toEqual([]);
    expect(await client.ping()).toEqual({ success: true });
  });

  it('runs queries and inserts side by side, and stops a query whose client has gone', async () => {
    const { client } = await runStore();
    await makeTable(client);
    const leave = new AbortController();
    const long = Array.from({ length: 10 }, () =>
      client.query({ query: LONG, abort_signal: leave.signal }).then(
        () => 'ended',
        () => 'left',
      ),
    );
    const running = async () => (await rowsOf<{ n: string }>(client, COUNT_LONG))[0]!.n;
    for (let i = 0; i < 5; i++) await client.insert({ table: 'skep.t', values: [{ a: i }], format: 'JSONEachRow' });
    leave.abort();
    expect(await Promise.all(long)).toEqual(Array(10).fill('left'));
    await until(async () => (await running()) === '0');
    expect(await rowsOf(client, 'SELECT count() AS n FROM skep.t')).toEqual([{ n: '5' }]);
  });

  it('stops a query by the id its client gave it', async () => {
    const { client } = await runStore();
    const long = client.query({ query: LONG, query_id: 'mine' });
    const outcome = expect(long).rejects.toMatchObject({ code: '394' });
    await until(async () => (await rowsOf<{ n: string }>(client, COUNT_LONG))[0]!.n === '1');
    await expect(client.query({ query: 'SELECT 1', query_id: 'mine' })).rejects.toMatchObject({ code: '216' });
    await client.command({ query: "KILL QUERY WHERE query_id = 'mine'" });
    await outcome;
  });
});

const COUNT_LONG =
  "SELECT count() AS n FROM system.processes WHERE query LIKE '%sum(sipHash64%' AND query NOT LIKE '%LIKE%'";
