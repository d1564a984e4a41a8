import { jest } from '@jest/globals';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import type { Database } from '../../../src/platform/postgres/database.js';
import { PostgresParkedEvents } from '../../../src/platform/postgres/parked-events.js';
import { prepareProjection } from '../../../src/platform/subscriptions/projection-batch.js';
import { ProjectionEngine } from '../../../src/platform/subscriptions/projection-engine.js';
import { rebuild } from '../../../src/platform/subscriptions/projection-rebuild.js';
import { ProjectionStore } from '../../../src/platform/subscriptions/projection-store.js';
import { verify } from '../../../src/platform/subscriptions/projection-verify.js';
import type { Projection } from '../../../src/platform/subscriptions/projection.js';
import { Reader } from '../../../src/platform/subscriptions/reader.js';
import { tableHash } from '../../../src/platform/subscriptions/table-hash.js';
import { SeededRandom } from '../../support/manual-clock.js';
import { platformDatabase } from '../../support/platform-database.js';
import { counterProjection } from '../../support/sample-projection.js';
import { counted, sample, sampleLog } from '../../support/sample-log.js';
import { realClock } from '../../support/test-server.js';

jest.setTimeout(60_000);

let database: Database;
let close: () => Promise<void>;

beforeEach(async () => {
  ({ database, close } = await platformDatabase());
});

afterEach(() => close());

const world = () => {
  const { log, write } = sampleLog(realClock, { store: new InMemoryEventStore({ clock: realClock, logId: 'log-1' }) });
  const store = new ProjectionStore(database);
  const parked = new PostgresParkedEvents(database);
  const parts = { log, store, parked, clock: realClock };
  const boot = async (projection: Projection = counterProjection()) => {
    const alarms = new AlarmCounter();
    const reader = new Reader(log, realClock, alarms);
    await reader.start();
    const engine = new ProjectionEngine({ reader, log, store, parked, clock: realClock, alarms }, { name: 'group', projections: [projection] });
    await engine.start();
    return { engine, alarms, stop: () => engine.stop().then(() => reader.stop()) };
  };
  const hashes = async (): Promise<string[]> => {
    const { tables } = prepareProjection(counterProjection());
    return Promise.all(tables.map(async (table) => (await tableHash(database, 'public', table)).hash));
  };
  let written = 0;
  const history = async (seed: number, events: number): Promise<void> => {
    const random = new SeededRandom(seed);
    for (let i = 0; i < events; i += 1) {
      const key = `h${(written += 1)}`;
      const counterId = `c${random.below(12)}`;
      const tenant = { tenantId: random.next() < 0.3 ? 'globex' : 'acme', occurredAt: new Date(Date.UTC(2026, 0, 1) + random.below(1e9)).toISOString() };
      const kind = random.next();
      if (kind < 0.7) await write(counted(key, counterId, random.below(100), tenant));
      else if (kind < 0.9) await write(sample(key, 'Noted', { counterId, personId: counterId, text: random.next() < 0.2 ? null : `note ${i} ü\u0000` }, tenant));
      else await write(sample(key, 'Reset', { counterId }, tenant));
    }
  };
  return { ...parts, parts, write, boot, hashes, history };
};

describe('a rebuild', () => {
  test('gives the rows that live operation gave, with any size of batch and however few rows it keeps in memory', async () => {
    const { boot, history, hashes, parts } = world();
    const { engine, stop } = await boot();
    await history(11, 600);
    await engine.caughtUp();
    await stop();
    const live = await hashes();
    for (const [batchSize, rowsInHand] of [[1, 6], [7, 1], [500, 40_000]] as const) {
      await database.query('UPDATE counter_totals_v1 SET total = 0');
      const progress: number[] = [];
      expect(await rebuild(parts, [counterProjection()], { batchSize, rowsInHand, onProgress: ({ events }) => progress.push(events) })).toEqual([{ name: 'counters', version: 1, position: 600n }]);
      expect(await hashes()).toEqual(live);
      expect(progress.at(-1)).toBe(600);
    }
    expect((await database.query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'trunkline_scratch%'`)).rows).toEqual([]);
  });

  test('runs beside the projection, which goes on with the new rows; queries never find less than before', async () => {
    const { boot, history, write, parts } = world();
    const { engine, stop, alarms } = await boot();
    await history(5, 600);
    await engine.caughtUp();
    await database.query(`UPDATE counter_totals_v1 SET total = -1 WHERE counter_id = 'c3'`);
    const rebuilding = rebuild(parts, [counterProjection()], { batchSize: 50 });
    for (let i = 0; i < 100; i += 1) await write(counted(`more${i}`, 'c3', 1));
    await rebuilding;
    await write(counted('last', 'c3', 1));
    await engine.caughtUp();
    expect((await verify(parts, [counterProjection()])).map(({ equal, position }) => [equal, position])).toEqual([[true, 701n]]);
    expect(alarms.count('consumer-failed')).toBe(0);
    const seen = await database.tenantTransaction('globex', async (tx) => (await tx.query('SELECT DISTINCT tenant_id FROM counter_totals')).rows);
    expect(seen).toEqual([{ tenant_id: 'globex' }]);
    await stop();
  });

  test('stops at an event that cannot be folded, and leaves everything as it was', async () => {
    const { boot, history, hashes, parts } = world();
    const { engine, stop } = await boot();
    await history(6, 50);
    await engine.caughtUp();
    await stop();
    const before = await hashes();
    await expect(rebuild(parts, [counterProjection({ fails: ({ position }) => position === 30n })])).rejects.toThrow('failed on');
    expect(await hashes()).toEqual(before);
    expect((await database.query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'trunkline_scratch%'`)).rows).toEqual([]);
  });

  test('heals what was parked', async () => {
    const { boot, write, parked, parts } = world();
    const { engine, stop } = await boot(counterProjection({ fails: (event) => (event.data as { by?: number }).by === 13 }));
    await write(counted('a', 'x', 13), counted('b', 'x', 1));
    await engine.caughtUp();
    await stop();
    expect(await parked.waiting()).toHaveLength(2);
    await rebuild(parts, [counterProjection()]);
    expect(await parked.waiting()).toEqual([]);
    expect((await database.query('SELECT total FROM counter_totals')).rows).toEqual([{ total: '14' }]);
  });

  test('takes over rows that were built from another log', async () => {
    const { boot, write, parts } = world();
    await (await boot()).stop();
    await database.query(`UPDATE trunkline_projections SET log_id = 'elsewhere', position = 99`);
    await write(counted('a', 'x', 13));
    await rebuild(parts, [counterProjection()]);
    const { engine, stop } = await boot();
    await engine.caughtUp();
    expect((await database.query('SELECT total FROM counter_totals')).rows).toEqual([{ total: '13' }]);
    await stop();
  });
});

describe('verify', () => {
  test('finds no difference where there is none, also while the projection runs', async () => {
    const { boot, history, parts } = world();
    const { engine, stop } = await boot();
    await history(21, 300);
    const [verdict] = await verify(parts, [counterProjection()]);
    expect(verdict).toMatchObject({ name: 'counters', version: 1, equal: true });
    await engine.caughtUp();
    const [after] = await verify(parts, [counterProjection()], { batchSize: 13 });
    expect(after).toMatchObject({ position: 300n, equal: true });
    expect(after?.tables.map(({ served, rebuilt, differences }) => [served === rebuilt, differences])).toEqual([[true, []], [true, []]]);
    await stop();
  });

  test('names the rows that are wrong, missing or too many, and the columns', async () => {
    const { boot, write, parts } = world();
    const { engine, stop } = await boot();
    await write(counted('a', 'x', 1), counted('b', 'y', 2), counted('c', 'z', 3));
    await engine.caughtUp();
    await stop();
    await database.query(`UPDATE counter_totals_v1 SET total = 7, last_at = last_at + interval '1 second' WHERE counter_id = 'x'`);
    await database.query(`DELETE FROM counter_totals_v1 WHERE counter_id = 'y'`);
    await database.query(`INSERT INTO counter_totals_v1 (tenant_id, counter_id) VALUES ('acme', 'w')`);
    const [verdict] = await verify(parts, [counterProjection()]);
    expect(verdict?.equal).toBe(false);
    expect(verdict?.tables[0]?.differences).toEqual([
      { key: ['acme', 'w'], what: 'unexpected', columns: [] },
      { key: ['acme', 'x'], what: 'different', columns: ['total', 'last_at'] },
      { key: ['acme', 'y'], what: 'missing', columns: [] },
    ]);
    expect(verdict?.tables[1]).toMatchObject({ table: 'counter_notes', differences: [] });
  });
});
