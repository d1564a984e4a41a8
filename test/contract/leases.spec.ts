import { jest } from '@jest/globals';
import { Database } from '../../src/platform/postgres/database.js';
import { LEASE_MIGRATIONS, PostgresLeases, assertLeaseCurrent } from '../../src/platform/postgres/leases.js';
import { runMigrations } from '../../src/platform/postgres/migrations.js';
import type { Lease } from '../../src/platform/subscriptions/leases.port.js';
import { InMemoryLeaseTable, InMemoryLeases } from '../../src/platform/subscriptions/in-memory-leases.js';
import { sleep } from '../../src/kernel/clock.js';
import { ManualClock } from '../support/manual-clock.js';
import { freshDatabase } from '../support/postgres.js';
import { socketProxy } from '../support/socket-proxy.js';
import type { SocketProxy } from '../support/socket-proxy.js';
import { realClock } from '../support/test-server.js';
import { TEST_TIMING, leasesContract } from './leases.contract.js';
import type { LeasesHarness } from './leases.contract.js';

const inMemory = (): Promise<LeasesHarness> => {
  const clock = new ManualClock();
  const table = new InMemoryLeaseTable(clock);
  let checkpoint = 0;
  return Promise.resolve({
    clock,
    pass: (ms) => clock.advance(ms),
    process: (own) => {
      const leases = new InMemoryLeases(own, table, TEST_TIMING);
      const reach = (reachable: boolean) => (): Promise<void> => {
        leases.reachable = reachable;
        return Promise.resolve();
      };
      return Promise.resolve({ leases, cut: reach(false), restore: reach(true) });
    },
    writeCheckpoint: async (token, value) => {
      await Promise.resolve();
      table.assertCurrent(token);
      checkpoint = value;
    },
    readCheckpoint: () => Promise.resolve(checkpoint),
    close: () => Promise.resolve(),
  });
};

const postgres = async (): Promise<LeasesHarness & { readonly database: Database }> => {
  const fresh = await freshDatabase();
  const database = new Database(fresh.pool);
  const proxies: SocketProxy[] = [];
  const databases: Database[] = [database];
  await runMigrations(database, 'leases', LEASE_MIGRATIONS);
  await database.query('CREATE TABLE checkpoint (value int NOT NULL)');
  await database.query('INSERT INTO checkpoint VALUES (0)');
  return {
    database,
    clock: realClock,
    pass: (ms) => sleep(realClock, ms),
    process: async (clock) => {
      const proxy = await socketProxy(fresh.pool);
      const own = new Database(proxy.pool, { connectTimeoutMs: 300 });
      proxies.push(proxy);
      databases.push(own);
      return { leases: new PostgresLeases(own, clock, TEST_TIMING), cut: () => proxy.cut(), restore: () => proxy.restore() };
    },
    writeCheckpoint: (token, value, before) =>
      database.transaction(async (tx) => {
        await assertLeaseCurrent(tx, token);
        await before?.();
        await tx.query('UPDATE checkpoint SET value = $1', [value]);
      }),
    readCheckpoint: async () => (await database.query<{ value: number }>('SELECT value FROM checkpoint')).rows[0]?.value ?? -1,
    close: async () => {
      await Promise.all(databases.map((one) => one.close()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await fresh.drop();
    },
  };
};

leasesContract('in memory', inMemory);
leasesContract('PostgreSQL', postgres);

describe('leases in PostgreSQL', () => {
  test('a checkpoint transaction that has begun is finished before anybody takes over, and does not hinder the renewal', async () => {
    const harness = await postgres();
    try {
      const { leases } = await harness.process(realClock);
      const lease = await leases.acquire('projections', 'one');
      if (lease === undefined) throw new Error('the lease should have been free');
      await harness.writeCheckpoint(lease, 1, async () => {
        await sleep(realClock, TEST_TIMING.ttlMs * 1.5);
        expect(lease.isHeld()).toBe(true);
        await harness.database.query(`UPDATE trunkline_leases SET expires_at = '-infinity'`);
        expect(await leases.acquire('projections', 'two')).toBeUndefined();
      });
      expect(await harness.readCheckpoint()).toBe(1);
      const next = await leases.acquire('projections', 'two');
      expect(next?.epoch).toBe(2n);
      await next?.release();
      await lease.release();
    } finally {
      await harness.close();
    }
  });

  test('a process renews all that it holds in one statement, and loses only what is not its own any more', async () => {
    const harness = await postgres();
    try {
      const statements = jest.spyOn(harness.database, 'query');
      const leases = new PostgresLeases(harness.database, realClock, TEST_TIMING);
      const held: Lease[] = [];
      for (let i = 0; i < 20; i += 1) held.push((await leases.acquire(`work-${i}`, 'one'))!);
      statements.mockClear();
      await sleep(realClock, TEST_TIMING.ttlMs * 2);
      expect(held.every((lease) => lease.isHeld())).toBe(true);
      const renewals = statements.mock.calls.filter(([sql]) => sql.includes('UPDATE trunkline_leases')).map(([, values]) => (values?.[0] as string[]).length);
      expect(renewals.length).toBeGreaterThan(0);
      expect(renewals.reduce((all, count) => all + count, 0)).toBeGreaterThan(4 * renewals.length);
      await harness.database.query(`UPDATE trunkline_leases SET epoch = epoch + 1 WHERE name = 'work-7'`);
      await sleep(realClock, TEST_TIMING.ttlMs);
      expect(held.filter((lease) => !lease.isHeld()).map(({ name }) => name)).toEqual(['work-7']);
      await Promise.all(held.map((lease) => lease.release()));
    } finally {
      await harness.close();
    }
  });
});
