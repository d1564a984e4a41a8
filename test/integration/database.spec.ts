import { jest } from '@jest/globals';
import { sleep } from '../../src/kernel/clock.js';
import { Database, DatabaseUnavailable, READER_ROLE } from '../../src/platform/postgres/database.js';
import { ReaderRoleProblem, ensureReaderRole, tenantIsolationSql } from '../../src/platform/postgres/row-level-security.js';
import { freshDatabase } from '../support/postgres.js';
import type { FreshDatabase } from '../support/postgres.js';
import { socketProxy } from '../support/socket-proxy.js';
import { realClock } from '../support/test-server.js';

jest.setTimeout(30_000);

let fresh: FreshDatabase;
let database: Database;
beforeEach(async () => {
  fresh = await freshDatabase();
  database = new Database(fresh.pool);
});
afterEach(async () => {
  await database.close();
  await fresh.drop();
});

describe('the database', () => {
  test('commits what returns, rolls back what throws, and says so when a swallowed failure undid the rest', async () => {
    await database.query('CREATE TABLE t (n int)');
    expect(await database.transaction(async (tx) => (await tx.query('INSERT INTO t VALUES ($1) RETURNING n', [1])).rows)).toEqual([{ n: 1 }]);
    const failed = database.transaction(async (tx) => {
      await tx.query('INSERT INTO t VALUES (2)');
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    const swallowed = database.transaction(async (tx) => {
      await tx.query('INSERT INTO t VALUES (3)');
      await tx.query('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(swallowed).rejects.toThrow(/rolled back/);
    expect((await database.query('SELECT n FROM t')).rows).toEqual([{ n: 1 }]);
  });

  test('a statement over its limit is cancelled, and the connection stays good', async () => {
    const quick = new Database(fresh.pool, { statementTimeoutMs: 50, maxConnections: 1 });
    try {
      await expect(quick.query('SELECT pg_sleep(30)')).rejects.toMatchObject({ code: '57014' });
      await expect(quick.transaction((tx) => tx.query('SELECT pg_sleep(30)'))).rejects.toMatchObject({ code: '57014' });
      await quick.transaction((tx) => tx.query('SELECT pg_sleep(0.2)'), { statementTimeoutMs: 0 });
      expect((await quick.query(`SELECT current_setting('statement_timeout') AS limit`)).rows).toEqual([{ limit: '50ms' }]);
      await expect(quick.transaction((tx) => tx.query('SELECT 1'), { statementTimeoutMs: 1.5 })).rejects.toThrow(RangeError);
    } finally {
      await quick.close();
    }
  });

  test('away, lost in the middle and back again: DatabaseUnavailable each time, and never a dead process', async () => {
    const proxy = await socketProxy(fresh.pool);
    const idle: Error[] = [];
    const cut = new Database(proxy.pool, { connectTimeoutMs: 500, onIdleError: (error) => idle.push(error) });
    try {
      await cut.query('CREATE TABLE t (n int)');
      const lost = cut.transaction(async (tx) => {
        await tx.query('INSERT INTO t VALUES (1)');
        await proxy.cut();
        await tx.query('SELECT 1');
      });
      await expect(lost).rejects.toThrow(DatabaseUnavailable);
      await expect(cut.query('SELECT 1')).rejects.toThrow(/the database cannot be reached: connect ENOENT/);
      await expect(cut.waitUntilReachable(realClock, realClock.now() + 250)).rejects.toThrow(DatabaseUnavailable);
      const waiting = cut.waitUntilReachable(realClock, realClock.now() + 30_000);
      await proxy.restore();
      await waiting;
      expect((await cut.query('SELECT n FROM t')).rows).toEqual([]);
      proxy.freeze();
      const silent = new Database(proxy.pool, { connectTimeoutMs: 100 });
      await expect(silent.query('SELECT 1')).rejects.toThrow(DatabaseUnavailable);
      await silent.close();
      await proxy.restore();
      await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`);
      while (idle.length === 0) await sleep(realClock, 10);
      await cut.waitUntilReachable(realClock, realClock.now() + 30_000);
    } finally {
      await cut.close();
      await proxy.close();
    }
  });

  test('a password or database that is wrong is told as it is, not as an outage', async () => {
    const wrong = new Database({ ...fresh.pool, database: 'no_such_database' });
    await expect(wrong.waitUntilReachable(realClock, realClock.now() + 60_000)).rejects.toMatchObject({ code: '3D000' });
    await wrong.close();
  });
});

describe('rows of tenants', () => {
  const fill = async (owner: Database): Promise<void> => {
    await owner.query(`CREATE TABLE calls (tenant_id text NOT NULL, n int); ${tenantIsolationSql('calls')} ${tenantIsolationSql('calls')}`);
    await owner.query(`INSERT INTO calls VALUES ('acme', 1), ('acme', 2), ('globex', 3)`);
  };
  const seenBy = (on: Database, tenant: string): Promise<number[]> =>
    on.tenantTransaction(tenant, async (tx) => (await tx.query<{ n: number }>('SELECT n FROM calls ORDER BY n')).rows.map(({ n }) => n));

  beforeEach(async () => {
    await ensureReaderRole(database);
  });

  test('each tenant sees its own and nothing else, whatever it asks for', async () => {
    await fill(database);
    expect(await seenBy(database, 'acme')).toEqual([1, 2]);
    expect(await seenBy(database, 'globex')).toEqual([3]);
    expect(await seenBy(database, 'nobody')).toEqual([]);
    expect(await seenBy(database, `acme' OR 'a' = 'a`)).toEqual([]);
    expect(await database.tenantTransaction('globex', async (tx) => (await tx.query(`SELECT n FROM calls WHERE tenant_id = 'acme'`)).rows)).toEqual([]);
    await expect(seenBy(database, '')).rejects.toThrow(/tenant id/);
  });

  test('no tenant set means no rows, also on a connection that served a tenant before', async () => {
    const one = new Database(fresh.pool, { maxConnections: 1 });
    await fill(database);
    expect(await seenBy(one, 'acme')).toEqual([1, 2]);
    const unset = await one.transaction(async (tx) => {
      await tx.query(`SET LOCAL ROLE ${READER_ROLE}`);
      return (await tx.query('SELECT n FROM calls')).rows;
    });
    expect(unset).toEqual([]);
    expect((await one.query('SELECT current_user AS name')).rows).toEqual([{ name: 'postgres' }]);
    await one.close();
  });

  test.each(['INSERT INTO calls VALUES (\'acme\', 9)', 'UPDATE calls SET n = 9', 'DELETE FROM calls', 'TRUNCATE calls', 'CREATE TABLE mine (n int)', 'ALTER TABLE calls DISABLE ROW LEVEL SECURITY'])('the reader cannot write: %s', async (sql) => {
    await fill(database);
    await expect(database.tenantTransaction('acme', (tx) => tx.query(sql))).rejects.toMatchObject({ code: expect.stringMatching(/^(25006|42501)$/) as string });
    const writable = database.transaction(async (tx) => {
      await tx.query(`SET LOCAL ROLE ${READER_ROLE}`);
      await tx.query(sql);
    });
    await expect(writable).rejects.toMatchObject({ code: '42501' });
    expect((await database.query('SELECT count(*)::int AS n FROM calls')).rows).toEqual([{ n: 3 }]);
  });

  test('a tenant\'s transaction is one snapshot', async () => {
    await fill(database);
    const seen = await database.tenantTransaction('acme', async (tx) => {
      const before = (await tx.query('SELECT n FROM calls')).rowCount;
      await database.query(`INSERT INTO calls VALUES ('acme', 4)`);
      return [before, (await tx.query('SELECT n FROM calls')).rowCount];
    });
    expect(seen).toEqual([2, 2]);
  });

  test('holds for a database user without any special right too, who writes what it owns', async () => {
    const user = `app_${String(fresh.pool.database)}`;
    await database.query(`CREATE ROLE ${user} LOGIN; GRANT CREATE ON SCHEMA public TO ${user}`);
    const app = new Database({ ...fresh.pool, user });
    try {
      const refused = ensureReaderRole(app);
      await expect(refused).rejects.toThrow(ReaderRoleProblem);
      await expect(refused).rejects.toThrow(`GRANT ${READER_ROLE} TO "${user}"`);
      await database.query(`GRANT ${READER_ROLE} TO ${user}`);
      await ensureReaderRole(app);
      await fill(app);
      expect(await seenBy(app, 'acme')).toEqual([1, 2]);
      expect((await app.query('SELECT n FROM calls')).rowCount).toBe(3);
    } finally {
      await app.close();
      await database.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
    }
  });

  test('many databases may ask for the role at the same moment', async () => {
    const others = await Promise.all([1, 2, 3, 4].map(() => freshDatabase()));
    const pools = others.map((other) => new Database(other.pool));
    await Promise.all(pools.map((one) => ensureReaderRole(one)));
    const { rows } = await database.query<{ rolcanlogin: boolean }>('SELECT rolcanlogin FROM pg_roles WHERE rolname = $1', [READER_ROLE]);
    expect(rows).toEqual([{ rolcanlogin: false }]);
    await Promise.all(pools.map((one) => one.close()));
    await Promise.all(others.map((other) => other.drop()));
  });
});
