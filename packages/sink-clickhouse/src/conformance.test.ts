import { ClickHouseServer, hasClickHouse, jsonRows, testSink } from '@skep/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { sinkOf, temporaryFolder } from './fixture.js';

describe.skipIf(!hasClickHouse())('a server', () => {
  let server: ClickHouseServer;
  let databases = 0;
  beforeAll(async () => {
    server = await ClickHouseServer.start();
  });
  afterAll(() => server.close());

  testSink(() => {
    const database = `conformance_${databases++}`;
    const { sink } = sinkOf(server.url, temporaryFolder(), { database });
    return {
      sink,
      rows: async () => {
        const tables = (await server.query(`SHOW TABLES FROM ${database} LIKE 'tool_%' FORMAT TSV`)).split('\n');
        const names = tables.filter((name) => /^tool_(counted|other|texts|wides|tops)$/.test(name));
        let text = '';
        for (const name of names) {
          text += await server.query(`SELECT * FROM ${database}.${name} ORDER BY seq FORMAT JSONEachRow`);
        }
        return jsonRows(text);
      },
    };
  });
});
