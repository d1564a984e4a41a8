import pg from 'pg';
import { freshDatabase } from '../support/postgres.js';

describe('a test database', () => {
  test('is a real, empty PostgreSQL in UTF-8 and UTC, apart from every other one', async () => {
    const [one, other] = await Promise.all([freshDatabase(), freshDatabase()]);
    const pools = [new pg.Pool(one.pool), new pg.Pool(other.pool)] as const;
    try {
      await pools[0].query('CREATE TABLE only_here (id int)');
      const { rows } = await pools[1].query<{ encoding: string; zone: string; tables: string }>(
        `SELECT current_setting('server_encoding') AS encoding, current_setting('timezone') AS zone, (SELECT count(*) FROM pg_tables WHERE tablename = 'only_here') AS tables`,
      );
      expect(rows).toEqual([{ encoding: 'UTF8', zone: 'UTC', tables: '0' }]);
    } finally {
      await Promise.all(pools.map((pool) => pool.end()));
      await Promise.all([one.drop(), other.drop()]);
    }
  });
});
