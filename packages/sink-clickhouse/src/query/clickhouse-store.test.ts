import type { EventStore, SkepError } from '@skep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf } from '../native/fixture.js';
import { type Ask, ask, openPlace, PLACES, type Place, rowsOf, storeBatches, streamsOf, textOf } from './fixture.js';

const THEN = 1_767_225_600_123_456_789n;

describe.each(PLACES)('a question to %s', (_, make) => {
  let place: Place;
  let store: EventStore;

  beforeAll(async () => {
    place = await make();
    const [opens] = await streamsOf('opensnoop');
    const row = { time: THEN, pid: 7, err: 0, comm: 'cat', path: "/tmp/it's\ta\\b\n\u001b[31m" };
    await storeBatches(place, [batchOf(opens!, [row])]);
    store = await openPlace(place);
  });
  afterAll(async () => {
    await store?.close();
    await place?.remove();
  });

  const table = async (question: Ask) => {
    const answer = await ask(store, question);
    if (answer.kind !== 'rows') throw new Error('bytes');
    const rows: (readonly (string | null)[])[] = [];
    for await (const row of answer.rows) rows.push(row);
    return { columns: answer.columns.map(({ name, kind }) => `${name} ${kind}`), rows };
  };
  const failure = async (statement: string, rest: Partial<Ask> = {}): Promise<SkepError> => {
    try {
      await textOf(store, { statement, ...rest });
    } catch (error) {
      return error as SkepError;
    }
    throw new Error(`"${statement}" did not fail`);
  };

  it('gives cells as they are stored, moments in seconds, and says what is a number', async () => {
    const { columns, rows } = await table({
      statement:
        "SELECT path, pid, NULL AS none, toDateTime('2026-01-01 00:00:00', 'UTC') AS moment FROM opensnoop_opens",
    });
    expect(columns).toEqual(['path text', 'pid number', 'none text', 'moment time']);
    expect(rows).toEqual([["/tmp/it's\ta\\b\n\u001b[31m", '7', null, '1767225600']]);
  });

  it('gives JSON with all digits of 64 bits, and CSV with names', async () => {
    const statement = "SELECT toUInt64(18446744073709551615) AS most, 'a\"b' AS text";
    expect(await textOf(store, { statement, format: 'json' })).toBe('{"most":18446744073709551615,"text":"a\\"b"}\n');
    expect(await textOf(store, { statement, format: 'csv' })).toBe('"most","text"\n18446744073709551615,"a""b"\n');
    expect(await textOf(store, { statement: `${statement} FORMAT TSV;`, format: 'rows' })).toBe(
      '18446744073709551615\ta"b\n',
    );
  });

  it('puts parameters in as values, whatever they hold', async () => {
    const hostile = "'; DROP TABLE opensnoop_opens -- \\ {n:UInt8}\t\n";
    const statement =
      'SELECT {s:String} AS s, {n:UInt32} + 1 AS n, toUInt32({d:DateTime}) - toUInt32({d:DateTime}) AS d, count() AS c FROM {t:Identifier}';
    const parameters = { s: hostile, n: '41', d: '2026-01-01 00:00:00', t: 'opensnoop_opens' };
    expect(await rowsOf(store, { statement, parameters })).toEqual([{ s: hostile, n: 42, d: 0, c: 1 }]);
    const name = 'opensnoop_opens` WHERE 1 --';
    expect(await failure('SELECT count() FROM {t:Identifier}', { parameters: { t: name } })).toMatchObject({
      code: 'SKEP_QUERY',
    });
    expect(await failure('SELECT {n:UInt32}', { parameters: { n: '1; x' } })).toMatchObject({
      code: 'SKEP_USAGE',
      message: '--param n: expected a whole number, got "1; x"',
    });
    expect(await failure('SELECT {n:UInt32}')).toMatchObject({ message: 'parameter "n" has no value' });
    expect(await failure('SELECT {limit:UInt32}', { parameters: { limt: '1' } })).toMatchObject({
      remedy: 'did you mean "limit"?',
    });
  });

  it('changes nothing unless it may', async () => {
    const statements = [
      "INSERT INTO opensnoop_opens (path) VALUES ('x')",
      'INSERT INTO opensnoop_opens (path) SELECT toString(number) FROM numbers(3)',
      'DROP TABLE opensnoop_opens',
      'CREATE TABLE other (a UInt8) ENGINE = Memory',
      'ALTER TABLE opensnoop_opens DROP COLUMN path',
    ];
    for (const statement of statements) {
      expect([statement, await failure(statement)]).toMatchObject([
        statement,
        { code: 'SKEP_QUERY', message: 'the statement changes something, and only reading is allowed' },
      ]);
    }
    expect(await rowsOf(store, { statement: 'SELECT count() AS n FROM opensnoop_opens' })).toEqual([{ n: 1 }]);
    await textOf(store, { statement: 'CREATE TABLE other (a UInt8) ENGINE = Memory', write: true });
    await textOf(store, { statement: 'INSERT INTO other VALUES (1), (2)', write: true });
    expect(await rowsOf(store, { statement: 'SELECT sum(a) AS n FROM other' })).toEqual([{ n: 3 }]);
  });

  it.each([
    ['SELECT a b c', 'syntax error at "c"', [1, 12], ''],
    ["\n\n  SELECT\n  'é' AS x 2", 'syntax error at "2"', [4, 12], ''],
    [
      'SELECT count() FROM opensnoop_open',
      'there is no table "opensnoop_open"',
      [1, 21],
      'did you mean "opensnoop_opens"?',
    ],
    ['SELECT pth FROM opensnoop_opens', 'there is no column "pth"', [1, 8], 'did you mean "path"?'],
    ['SELECT nosuch(1)', 'there is no function "nosuch"', [1, 8], undefined],
    ['SELECT 1; SELECT 2', 'a second statement', [1, 11], 'run one at a time'],
    ['SELEC 1', '"SELEC" begins no statement', [1, 1], 'did you mean "SELECT"?'],
  ] as const)('says where the mistake is in %j', async (statement, message, [line, column], remedy) => {
    const error = await failure(statement);
    expect(error).toMatchObject({ code: 'SKEP_QUERY', message, location: { file: 'query', line, column } });
    if (remedy !== undefined) expect(error.remedy).toBe(remedy);
  });

  it('names a database that is not there', async () => {
    expect((await failure('SELECT 1 FROM nowhere.x')).message).toMatch(/^there is no database "nowhere" in /);
  });

  it('fails when something goes wrong after the first rows', async () => {
    const statement = 'SELECT number, throwIf(number = 3000000) AS x FROM system.numbers LIMIT 4000000';
    expect(await failure(statement)).toMatchObject({ code: 'SKEP_QUERY' });
    expect(await failure(statement, { format: 'csv' })).toMatchObject({ code: 'SKEP_QUERY' });
  });

  it('ends the statement in the store when it is no longer wanted', async () => {
    const stopped = new AbortController();
    const seen: number[] = [];
    const statement = 'SELECT count() FROM system.numbers WHERE sipHash64(number) = 12345';
    const asked = textOf(store, {
      statement,
      signal: stopped.signal,
      onProgress: ({ rows }) => {
        seen.push(rows);
        // A statement that is known may not have read anything yet.
        if (seen.length > 1 && rows > 0) stopped.abort();
      },
    });
    await expect(asked).rejects.toThrow();
    expect(seen.at(-1)).toBeGreaterThan(0);
    const left = {
      statement:
        "SELECT count() AS n FROM system.processes WHERE query LIKE '%sipHash64(number) = 1234%' AND query NOT LIKE '%processes%'",
    };
    for (let tries = 0; (await rowsOf(store, left))[0]!.n !== 0; tries++) {
      if (tries > 200) throw new Error('the statement still runs');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
});
