import { jest } from '@jest/globals';
import type { Json } from '../../../src/kernel/event.js';
import { EventCatalog } from '../../../src/platform/event-store/event-catalog.js';
import type { EventLog } from '../../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import type { Database } from '../../../src/platform/postgres/database.js';
import { PostgresLeases } from '../../../src/platform/postgres/leases.js';
import { PostgresParkedEvents } from '../../../src/platform/postgres/parked-events.js';
import type { LeaseToken } from '../../../src/platform/subscriptions/leases.port.js';
import { ProjectionEngine, waitForProjection, type ProjectionEngineOptions } from '../../../src/platform/subscriptions/projection-engine.js';
import { ProjectionStore } from '../../../src/platform/subscriptions/projection-store.js';
import { type Projection, projectionLease } from '../../../src/platform/subscriptions/projection.js';
import { Reader } from '../../../src/platform/subscriptions/reader.js';
import { platformDatabase } from '../../support/platform-database.js';
import { counterProjection } from '../../support/sample-projection.js';
import { counted, sample, sampleLog, sampleSpecs } from '../../support/sample-log.js';
import { realClock } from '../../support/test-server.js';
import { SealedRows } from '../../../src/platform/privacy/sealed-text.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import type { SubjectKeys } from '../../../src/platform/privacy/subject-keys.port.js';

jest.setTimeout(60_000);

let database: Database;
let close: () => Promise<void>;

beforeEach(async () => {
  ({ database, close } = await platformDatabase());
});

afterEach(() => close());

const world = () => {
  const store = new InMemoryEventStore({ clock: realClock, logId: 'log-1' });
  const { log, write, keys } = sampleLog(realClock, { store });
  const projections = new ProjectionStore(database);
  const parked = new PostgresParkedEvents(database);
  const boot = async (list: readonly Projection[], options: ProjectionEngineOptions = {}, through: ProjectionStore = projections) => {
    const alarms = new AlarmCounter();
    const reader = new Reader(log, realClock, alarms);
    const engine = new ProjectionEngine({ reader, log, store: through, parked, clock: realClock, alarms }, { name: 'group', projections: list }, options);
    await reader.start();
    await engine.start();
    const stop = async (): Promise<void> => {
      await engine.stop();
      await reader.stop();
    };
    return { engine, reader, alarms, stop };
  };
  const totals = async (where = 'counter_totals'): Promise<Record<string, number>> => {
    const { rows } = await database.query<{ counter_id: string; total: string }>(`SELECT counter_id, total FROM ${where} ORDER BY counter_id`);
    return Object.fromEntries(rows.map(({ counter_id, total }) => [counter_id, Number(total)]));
  };
  const position = async (version = 1): Promise<bigint | undefined> => (await projections.states(database, ['counters'], version))[0]?.position;
  return { log, write, keys, boot, totals, position, projections, parked };
};

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = realClock.now() + 40_000;
  while (!(await holds())) {
    if (realClock.now() > deadline) throw new Error('it did not come about within 40 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** The notes as who has the keys reads them. */
const notes = async (keys: SubjectKeys): Promise<unknown[]> => {
  const { rows } = await database.query<{ counter_id: string; text: string }>('SELECT counter_id, text FROM counter_notes ORDER BY counter_id, number');
  return (await new SealedRows(keys).open(rows, (row) => `counter-${row.counter_id}`)).map(({ text }) => text);
};

/** Whether the statement writes a batch. */
const writes = (sql: string): boolean => sql.includes('UPDATE trunkline_projections SET position');

describe('projections', () => {
  test('write rows of every type of column and delete them, with the checkpoint', async () => {
    const { write, boot, position, keys } = world();
    const { engine, stop } = await boot([counterProjection()]);
    await write(counted('a', 'x', 70), counted('b', 'y', 1), counted('c', 'x', 50), sample('d', 'Noted', { counterId: 'x', personId: 'p', text: 'h\u0000i \ud800' }), sample('e', 'Reset', { counterId: 'y' }));
    await engine.caughtUp();
    const { rows } = await database.query('SELECT * FROM counter_totals');
    expect(rows).toEqual([
      {
        tenant_id: 'acme',
        counter_id: 'x',
        total: '120',
        events: 3,
        large: true,
        mean: 40,
        last_at: new Date('2026-01-01T00:00:00.000Z'),
        history: [
          { b: '2026-01-01T00:00:00.000Z', zz: 70 },
          { b: '2026-01-01T00:00:00.000Z', zz: 50 },
          { b: '2026-01-01T00:00:00.000Z', zz: 0 },
        ],
      },
    ]);
    expect(await notes(keys)).toEqual(['h\u0000i \ud800']);
    expect(await position()).toBe(5n);
    await stop();
  });

  test('show a tenant its own rows only, through the view as through the table', async () => {
    const { write, boot } = world();
    const { engine, stop } = await boot([counterProjection()]);
    await write(counted('a', 'x', 1), counted('b', 'y', 2, { tenantId: 'globex' }));
    await engine.caughtUp();
    for (const table of ['counter_totals', 'counter_totals_v1']) {
      const seen = await database.tenantTransaction('globex', async (tx) => (await tx.query(`SELECT counter_id FROM ${table}`)).rows);
      expect(seen).toEqual([{ counter_id: 'y' }]);
      await expect(database.tenantTransaction('globex', (tx) => tx.query(`DELETE FROM ${table}`))).rejects.toThrow(/permission denied|read-only/);
    }
    await stop();
  });

  test('count each event once when the process dies between the rows and the answer, whatever the batches', async () => {
    const { write, boot, totals } = world();
    for (let i = 0; i < 50; i += 1) await write(counted(`e${i}`, `c${i % 3}`, 1));
    const dying = new ProjectionStore(Object.assign(Object.create(database) as Database, {
      transaction: database.transaction.bind(database),
      query: async (...args: Parameters<Database['query']>) => {
        const result = await database.query(...args);
        if (writes(args[0]) && (deaths += 1) % 2 === 0) throw new Error('the answer to the write was lost');
        return result;
      },
    }));
    let deaths = 0;
    const { engine, stop, alarms } = await boot([counterProjection()], { batchSize: 7 }, dying);
    await engine.caughtUp();
    expect(await totals()).toEqual({ c0: 17, c1: 17, c2: 16 });
    expect(alarms.count('projection-superseded')).toBeGreaterThan(0);
    await stop();
  });

  test('a second runner is harmless: both go on, and each event counts once', async () => {
    const { write, boot, totals } = world();
    const [one, other] = await Promise.all([boot([counterProjection()], { batchSize: 5 }), boot([counterProjection()], { batchSize: 3 })]);
    for (let i = 0; i < 200; i += 1) await write(counted(`e${i}`, `c${i % 4}`, 1));
    await Promise.all([one.engine.caughtUp(), other.engine.caughtUp()]);
    expect(await totals()).toEqual({ c0: 50, c1: 50, c2: 50, c3: 50 });
    await Promise.all([one.stop(), other.stop()]);
  });

  test('who has lost the lease writes nothing more', async () => {
    const { write, boot, totals } = world();
    const leases = new PostgresLeases(database, realClock, { ttlMs: 60_000, renewalMs: 20_000 });
    const lease = await leases.acquire('group', 'first');
    let lost: LeaseToken | undefined;
    const first = await boot([counterProjection()], { lease: lease!, onLost: (error) => (lost = error.lease) });
    await write(counted('a', 'x', 1));
    await first.engine.caughtUp();
    await lease?.release();
    const taken = await leases.acquire('group', 'second');
    await write(counted('b', 'x', 1));
    await until(() => lost !== undefined);
    expect(await totals()).toEqual({ x: 1 });
    await first.stop();
    const second = await boot([counterProjection()], { lease: taken! });
    await second.engine.caughtUp();
    expect(await totals()).toEqual({ x: 2 });
    await second.stop();
    await taken?.release();
  });

  test('an outage of the database is waited for', async () => {
    const { write, boot, totals } = world();
    let away = 4;
    const flaky = new ProjectionStore(Object.assign(Object.create(database) as Database, {
      transaction: database.transaction.bind(database),
      query: (...args: Parameters<Database['query']>) => (writes(args[0]) && (away -= 1) >= 0 ? Promise.reject(new Error('connection refused')) : database.query(...args)),
    }));
    const projections = new ProjectionStore(database);
    const { prepareProjection } = await import('../../../src/platform/subscriptions/projection-batch.js');
    await projections.ensure(prepareProjection(counterProjection()), 'log-1');
    flaky.ensure = projections.ensure.bind(projections);
    const { engine, stop, alarms } = await boot([counterProjection()], {}, flaky);
    await write(counted('a', 'x', 1));
    await engine.caughtUp();
    expect([await totals(), alarms.count('projection-cannot-write')]).toEqual([{ x: 1 }, 1]);
    await stop();
  });

  test('a new version is built beside the old one and takes over when it has caught up; the old one can be dropped then', async () => {
    const { write, boot, totals, projections, position } = world();
    for (let i = 0; i < 30; i += 1) await write(counted(`e${i}`, 'x', 1));
    const old = await boot([counterProjection()]);
    await old.engine.caughtUp();
    const fresh = await boot([counterProjection({ version: 2, weight: 10 })], { batchSize: 4 });
    await write(counted('more', 'x', 1));
    await until(async () => (await projections.states(database, ['counters'], 2))[0]?.active === true);
    await Promise.all([fresh.engine.caughtUp(), old.engine.caughtUp()]);
    expect([await totals(), await totals('counter_totals_v1'), await position(1), await position(2)]).toEqual([{ x: 310 }, { x: 31 }, 31n, 31n]);
    expect(await fresh.engine.waitFor('counters', 31n, 1_000)).toBe(true);
    expect(await waitForProjection(projections, realClock, 'counters', 31n, 0)).toBe(true);
    expect(await waitForProjection(projections, realClock, 'counters', 32n, 50)).toBe(false);
    await Promise.all([old.stop(), fresh.stop()]);
    expect(await projections.dropOldVersions('counters', ['counter_totals', 'counter_notes'])).toEqual([1]);
    expect((await database.query(`SELECT to_regclass('counter_totals_v1') AS old`)).rows).toEqual([{ old: null }]);
    expect(await totals()).toEqual({ x: 310 });
  });

  test('the version of an older program is shown again when its newer one is kept by nobody, and only then', async () => {
    const { write, boot, totals, projections } = world();
    const newer = counterProjection({ version: 2, weight: 10 });
    const lease = (seconds: number) =>
      database.query(`INSERT INTO trunkline_leases (name, holder, epoch, expires_at) VALUES ($1, 'x', 1, now() + $2 * interval '1 second') ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at`, [projectionLease(newer), seconds]);
    const shown = async (): Promise<number | undefined> => (await projections.statesOf(['counters'])).find(({ active }) => active)?.version;
    const first = await boot([counterProjection()]);
    const fresh = await boot([newer]);
    await until(async () => (await shown()) === 2);
    await Promise.all([first.stop(), fresh.stop()]);
    await write(counted('a', 'x', 1));

    await lease(60);
    const beside = await boot([counterProjection()]);
    await beside.engine.caughtUp();
    expect([await shown(), beside.engine.isShown('counters'), await totals()]).toEqual([2, false, {}]);
    await beside.stop();

    await lease(-60);
    const back = await boot([counterProjection()]);
    await until(() => back.engine.isShown('counters'));
    expect([await shown(), await totals()]).toEqual([1, { x: 1 }]);

    const again = await boot([newer]);
    await until(() => again.engine.isShown('counters'));
    expect([await shown(), await totals()]).toEqual([2, { x: 10 }]);
    await Promise.all([back.stop(), again.stop()]);
  });

  test('what a newer program wrote in another shape is set aside, and applied by itself once that program keeps the read model', async () => {
    const store = new InMemoryEventStore({ clock: realClock, logId: 'log-1' });
    const keys = new InMemorySubjectKeys();
    const newerSpecs = { ...sampleSpecs, Counted: { version: 2, upcasters: { 1: (data: Record<string, Json | undefined>) => ({ ...data, unit: 'piece' }) } } };
    const logs = { old: sampleLog(realClock, { store, keys }), newer: sampleLog(realClock, { store, keys, catalog: new EventCatalog(newerSpecs) }) };
    const boot = async (log: EventLog) => {
      const alarms = new AlarmCounter();
      const reader = new Reader(log, realClock, alarms);
      const engine = new ProjectionEngine({ reader, log, store: new ProjectionStore(database), parked: new PostgresParkedEvents(database), clock: realClock, alarms }, { name: 'group', projections: [counterProjection()] });
      await reader.start();
      await engine.start();
      await engine.caughtUp();
      return { engine, alarms, stop: () => engine.stop().then(() => reader.stop()) };
    };
    const { totals, parked } = world();
    await logs.old.write(counted('a', 'x', 1));
    await logs.newer.write(counted('b', 'x', 10));
    await logs.old.write(counted('c', 'x', 100), counted('d', 'y', 1));
    const old = await boot(logs.old.log);
    expect([await totals(), old.alarms.count('projection-event-parked'), (await parked.waiting()).length]).toEqual([{ x: 1, y: 1 }, 1, 2]);
    await old.stop();
    const newer = await boot(logs.newer.log);
    await until(async () => (await parked.waiting()).length === 0);
    expect(await totals()).toEqual({ x: 111, y: 1 });
    await newer.stop();
  });

  test('an event that cannot be folded is parked with those behind it; the rest goes on, and a retry heals it in order', async () => {
    const { write, boot, totals, parked, position } = world();
    let broken = true;
    const projection = counterProjection({ fails: (event) => broken && (event.data as { by?: number }).by === 13 });
    const { engine, stop, alarms } = await boot([projection, { ...counterProjection(), name: 'others', tables: counterProjection().tables.map((table) => ({ ...table, name: `other_${table.name}` })), keys: (event) => counterProjection().keys(event).map((key) => ({ ...key, table: `other_${key.table}` })), apply: (event, rows) => counterProjection().apply(event, { get: (table, key) => rows.get(`other_${table}`, key), put: (table, row) => rows.put(`other_${table}`, row), change: (table, key, columns) => rows.change(`other_${table}`, key, columns), delete: (table, key) => rows.delete(`other_${table}`, key) }) }]);
    const events = [counted('a', 'x', 1), counted('b', 'y', 1), counted('c', 'x', 13), counted('d', 'x', 2), counted('e', 'y', 2)];
    await Promise.all(events.map((event) => write(event)));
    await engine.caughtUp();
    expect([await totals(), await totals('other_counter_totals')]).toEqual([{ x: 1, y: 3 }, { x: 16, y: 3 }]);
    expect((await parked.waiting('counters v1')).map(({ error }) => error.includes('mistake in the fold'))).toEqual([true, false]);
    expect([alarms.count('projection-event-parked'), await position(), engine.status()[0]?.parked]).toEqual([1, 5n, 2]);
    await stop();

    const second = await boot([projection]);
    await write(counted('f', 'x', 4));
    await second.engine.caughtUp();
    expect(await totals()).toEqual({ x: 1, y: 3 });
    broken = false;
    await parked.retry('counters v1', '');
    await until(async () => (await parked.waiting()).length === 0);
    expect(await totals()).toEqual({ x: 20, y: 3 });
    await write(counted('g', 'x', 1));
    await second.engine.caughtUp();
    expect(await totals()).toEqual({ x: 21, y: 3 });
    await second.stop();
  });

  test('an operator may skip a parked event with a reason, which stays on record', async () => {
    const { write, boot, totals, parked } = world();
    const { engine, stop } = await boot([counterProjection({ fails: (event) => (event.data as { by?: number }).by === 13 })]);
    await write(counted('a', 'x', 13), counted('b', 'x', 2));
    await engine.caughtUp();
    const [bad] = await parked.waiting();
    expect(await parked.skip('counters v1', bad?.position ?? 0n, 'counted by a test', 'ann')).toBe(true);
    await until(async () => (await parked.waiting()).length === 0);
    expect(await totals()).toEqual({ x: 2 });
    expect((await database.query('SELECT skip_reason, skipped_by FROM trunkline_parked_events')).rows).toEqual([{ skip_reason: 'counted by a test', skipped_by: 'ann' }]);
    await stop();
  });

  test('reaching for a row that keys() did not name is a mistake of the fold', async () => {
    const { write, boot, parked } = world();
    const { engine, stop } = await boot([{ ...counterProjection(), apply: (_event, rows) => void rows.get('counter_totals', ['acme', 'elsewhere']) }]);
    await write(counted('a', 'x', 1));
    await engine.caughtUp();
    expect((await parked.waiting())[0]?.error).toContain('that keys() did not name');
    await stop();
  });

  test('rows of another log are not gone on with', async () => {
    const { boot } = world();
    await (await boot([counterProjection()])).stop();
    await database.query(`UPDATE trunkline_projections SET log_id = 'elsewhere'`);
    await expect(boot([counterProjection()])).rejects.toThrow('built from log elsewhere');
  });

  test('what is personal is kept sealed, and reads as [erased] once the key is gone', async () => {
    const { write, boot, keys } = world();
    await write(sample('n', 'Noted', { counterId: 'x', personId: 'p', text: 'call me' }));
    const { engine, stop } = await boot([counterProjection()]);
    await engine.caughtUp();
    const kept = (await database.query<{ text: string }>('SELECT text FROM counter_notes')).rows;
    expect(JSON.stringify(kept)).not.toContain('call me');
    expect(await notes(keys)).toEqual(['call me']);
    await keys.destroy('acme', 'p');
    expect((await database.query('SELECT text FROM counter_notes')).rows).toEqual(kept);
    expect(await notes(keys)).toEqual(['[erased]']);
    await stop();
  });
});
