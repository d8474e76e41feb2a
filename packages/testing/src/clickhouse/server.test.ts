import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ClickHouseServer, hasClickHouse } from './server.js';

describe.skipIf(!hasClickHouse())('ClickHouseServer', () => {
  it('keeps what was written over a kill, and leaves nothing behind once closed', async () => {
    const server = await ClickHouseServer.start();
    try {
      await server.query('CREATE TABLE t (n UInt64) ENGINE = MergeTree PARTITION BY tuple() ORDER BY n');
      await server.query('INSERT INTO t FORMAT TSV', '1\n2\n');
      const before = server.pid;
      await server.kill();
      await expect(server.query('SELECT 1')).rejects.toThrow();
      await server.start();
      expect(server.pid).not.toBe(before);
      expect(await server.query('SELECT sum(n) FROM t')).toBe('3\n');
      await expect(server.query('SELECT nonsense')).rejects.toThrow(/nonsense/);
    } finally {
      await server.close();
    }
    expect(existsSync(server.config.folder)).toBe(false);
  });

  it('says why a server did not start', async () => {
    await expect(ClickHouseServer.start({ extra: '<http_port' })).rejects.toThrow(/did not start:\n.*\S/s);
  });
});
