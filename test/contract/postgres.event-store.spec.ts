import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Clock } from '../../src/kernel/clock.js';
import { EventStoreUnavailable, InvalidEvent, type NewEvent } from '../../src/platform/event-store/event-store.port.js';
import { PostgresEventStore } from '../../src/platform/event-store/postgres/postgres.event-store.js';
import { SeededRandom, settle } from '../support/manual-clock.js';
import { freshDatabase, type FreshDatabase } from '../support/postgres.js';
import { socketProxy } from '../support/socket-proxy.js';
import { realClock } from '../support/test-server.js';
import { freshStream, idsOf, newEvent, newEvents, readOn, Tail } from './event-store/fixtures.js';
import { eventStoreContract } from './event-store.contract.js';

const open = async (pool: pg.PoolConfig): Promise<PostgresEventStore> => {
  const store = new PostgresEventStore({ pool, clock: realClock });
  await store.migrate();
  return store;
};

/** Fifty times as fast as real time, so that the store's patience ends soon. */
const hastyClock: Clock = { now: () => 50 * realClock.now(), after: (ms, task) => realClock.after(ms / 50, task) };

eventStoreContract('postgres', async () => {
  const database = await freshDatabase();
  const store = await open(database.pool);
  return {
    store,
    another: () => open(database.pool),
    dispose: async () => {
      await store.close();
      await database.drop();
    },
  };
});

describe('postgres event store', () => {
  let database: FreshDatabase;
  let store: PostgresEventStore;
  let admin: pg.Client;

  beforeAll(async () => {
    database = await freshDatabase();
    store = await open(database.pool);
    admin = new pg.Client(database.pool);
    await admin.connect();
  }, 60_000);
  afterAll(async () => {
    await admin.end();
    await store.close();
    await database.drop();
  }, 60_000);

  const count = async (sql: string): Promise<number> => Number((await admin.query<{ n: string }>(`select count(*) as n from ${sql}`)).rows[0]?.n);

  test('a write transaction elsewhere in the database, however long, delays no reader', async () => {
    const long = new pg.Client(database.pool);
    await long.connect();
    const other = await open(database.pool);
    const stream = freshStream();
    const before = await store.head();
    const tails = [new Tail(store, before), new Tail(other, before, { streamPrefixes: [stream] })];
    try {
      // It has its transaction id, so a fence on transaction ids would hide all that follows until it ends.
      await long.query('create table elsewhere (n int); begin; insert into elsewhere values (1)');
      const events = newEvents(20);
      for (const [i, event] of events.entries()) await (i % 2 === 0 ? store : other).append(stream, 'any', [event]);
      expect(idsOf(await other.readStream(stream))).toEqual(idsOf(events));
      expect(idsOf(await readOn(store, before))).toEqual(idsOf(events));
      for (const tail of tails) {
        await tail.until((seen) => seen.events.length >= 20);
        expect(idsOf(tail.events)).toEqual(idsOf(events));
      }
      // Only now may it end: all of the above happened while it was open.
      await long.query('insert into elsewhere values (2); commit');
    } finally {
      for (const tail of tails) await tail.stop();
      await long.end();
      await other.close();
    }
  });

  test('cut connections lose and double nothing, and readers go on', async () => {
    const seed = Date.now() % 1_000_000;
    const random = new SeededRandom(seed);
    const before = await store.head();
    const tail = new Tail(store, before);
    const filtered = new Tail(store, before, { types: ['ThingHappened'] });
    const written: string[] = [];
    let cuts = 0;
    let cutting = Promise.resolve();
    const cutOne = async (): Promise<void> => {
      const { rows } = await admin.query<{ pid: number }>(
        "select pid from pg_stat_activity where datname = current_database() and application_name = 'trunkline event store'",
      );
      const victim = rows[random.below(rows.length)];
      if (victim === undefined) return;
      await admin.query('select pg_terminate_backend($1)', [victim.pid]);
      cuts++;
    };
    // One after the other: they share a connection.
    const cut = (): Promise<void> => (cutting = cutting.then(cutOne));
    const writer = async (): Promise<void> => {
      const stream = freshStream('cut');
      for (let i = 0; i < 60; i++) {
        const events = newEvents(1 + (i % 3));
        const last = i % 2 === 0 ? undefined : (await store.readStream(stream, { direction: 'backwards', maxCount: 1 }))[0];
        await store.append(stream, last?.revision ?? 'any', events);
        written.push(...idsOf(events));
        // While the other writers' appends are under way.
        if (random.next() < 0.3) await cut();
      }
    };
    await Promise.all(Array.from({ length: 6 }, () => writer()));
    const log = await readOn(store, before);
    try {
      expect(idsOf(log).sort()).toEqual([...written].sort());
      for (const seen of [tail, filtered]) {
        await seen.until(({ events }) => events.length >= log.length);
        expect(idsOf(seen.events)).toEqual(idsOf(log));
      }
      expect(cuts).toBeGreaterThan(5);
    } catch (error) {
      throw new Error(`seed ${seed}, ${cuts} cuts`, { cause: error });
    } finally {
      await tail.stop();
      await filtered.stop();
    }
  }, 120_000);

  test('an append that was committed while nobody heard the answer is found to be made', async () => {
    const proxy = await socketProxy(database.pool);
    const far = await open(proxy.pool);
    const lock = "hashtextextended('event_store append', 0)";
    const stream = freshStream();
    const events = newEvents(2);
    try {
      await admin.query(`select pg_advisory_lock(${lock})`);
      const running = far.append(stream, 'no_stream', events);
      while ((await count("pg_locks where locktype = 'advisory' and not granted")) === 0) await settle();
      proxy.freeze();
      await admin.query(`select pg_advisory_unlock(${lock})`);
      while ((await store.readStream(stream)).length === 0) await settle();
      await proxy.cut();
      await proxy.restore();
      const result = await running;
      expect(result.revision).toBe(1n);
      // It was told as a repeat: the answer to the first attempt was lost.
      expect(result.written).toBeUndefined();
      expect(idsOf(await store.readStream(stream))).toEqual(idsOf(events));
    } finally {
      await far.close();
      await proxy.close();
    }
  }, 60_000);

  test('a network that falls silent ends in EventStoreUnavailable, and all recovers by itself', async () => {
    const proxy = await socketProxy(database.pool);
    const far = new PostgresEventStore({ pool: { ...proxy.pool, connectionTimeoutMillis: 200 }, clock: hastyClock });
    const stream = freshStream();
    const tail = new Tail(far, await store.head(), { streamPrefixes: [stream] });
    try {
      await tail.until(({ hasCaughtUp }) => hasCaughtUp);
      await far.append(stream, 'no_stream', newEvents(1));
      proxy.freeze();
      const lost = newEvents(2);
      await expect(far.append(stream, 0n, lost)).rejects.toThrow(EventStoreUnavailable);
      await expect(far.head()).rejects.toThrow(EventStoreUnavailable);
      await proxy.cut();
      await proxy.restore();
      // What had an unknown outcome may be sent again as it was.
      expect((await far.append(stream, 0n, lost)).revision).toBe(2n);
      await tail.until((seen) => seen.events.length >= 3);
      expect(tail.events.map(({ revision }) => revision)).toEqual([0n, 1n, 2n]);
    } finally {
      await tail.stop();
      await far.close();
      await proxy.close();
    }
  }, 60_000);

  test('refused appends of a group fail alone', async () => {
    const taken = newEvent();
    await store.append(freshStream(), 'no_stream', [taken]);
    const good = Array.from({ length: 20 }, () => ({ stream: freshStream(), events: newEvents(2) }));
    const transactions = await count(`(select distinct xmin::text from event_store.events) x`);
    const outcomes = await Promise.allSettled([
      ...good.slice(0, 10).map(({ stream, events }) => store.append(stream, 'no_stream', events)),
      store.append(freshStream(), 5n, newEvents(1)),
      store.append(freshStream(), 'stream_exists', newEvents(1)),
      ...good.slice(10).map(({ stream, events }) => store.append(stream, 'any', events)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(10).fill('fulfilled'), 'rejected', 'rejected', ...Array(10).fill('fulfilled')]);
    // What comes in one turn is one group.
    expect(await count(`(select distinct xmin::text from event_store.events) x`)).toBe(transactions + 1);

    const more = Array.from({ length: 5 }, () => ({ stream: freshStream(), events: newEvents(1) }));
    const bad: NewEvent[] = [newEvent(), taken];
    const results = await Promise.allSettled([
      ...more.map(({ stream, events }) => store.append(stream, 'no_stream', events)),
      store.append(freshStream(), 'no_stream', bad),
      ...more.map(({ stream }) => store.append(stream, 0n, newEvents(1))),
    ]);
    expect(results.map(({ status }) => status)).toEqual([...Array(5).fill('fulfilled'), 'rejected', ...Array(5).fill('fulfilled')]);
    expect(results[5]).toMatchObject({ reason: expect.any(InvalidEvent) });
    const log = await readOn(store, 0n);
    expect(log.map(({ position }) => position)).toEqual(log.map((_, i) => BigInt(i + 1)));
  });

  test('appends larger together than a group may be go in several', async () => {
    const before = await store.head();
    const stream = freshStream();
    const appends = Array.from({ length: 12 }, () => newEvent({ data: { text: 'x'.repeat(300_000) } }));
    await Promise.all(appends.map((event) => store.append(stream, 'any', [event])));
    expect(idsOf(await readOn(store, before))).toEqual(idsOf(appends));
    expect(await count(`(select distinct xmin::text from event_store.events where position > ${before}) x`)).toBeGreaterThanOrEqual(4);
  });

  test('pages of large events are kept small, and none is left out', async () => {
    const before = await store.head();
    const stream = freshStream();
    const events = Array.from({ length: 25 }, () => newEvent({ data: randomBytes(500_000).toString('base64') }));
    for (const event of events) await store.append(stream, 'any', [event]);
    const tail = new Tail(store, before);
    await tail.until(({ hasCaughtUp }) => hasCaughtUp);
    const sizes = tail.messages.map((message) => (message.kind === 'events' ? message.events.length : 0));
    expect(Math.max(...sizes)).toBeLessThan(16);
    expect(idsOf(tail.events)).toEqual(idsOf(events));
    await tail.stop();
    for (const read of [store.readStream(stream), store.readAll({ after: before, maxCount: 1_000 })]) expect(idsOf(await read)).toEqual(idsOf(events));
    expect(idsOf(await store.readStream(stream, { direction: 'backwards' }))).toEqual(idsOf(events).reverse());
  }, 60_000);

  test('keeps the text of the JSON as it was written', async () => {
    const data = { z: 1, a: [1e21, 1.5, '\u0000', 'é'], ' b ': {} };
    const { position } = await store.append(freshStream(), 'any', [newEvent({ data })]);
    const { rows } = await admin.query<{ text: string }>('select data::text as text from event_store.events where position = $1', [position.toString()]);
    expect(rows[0]?.text).toBe(JSON.stringify(data));
  });

  test('the database itself refuses to change the past', async () => {
    await store.append(freshStream(), 'any', [newEvent()]);
    for (const sql of ['delete from event_store.events', "update event_store.events set type = 'x'", 'truncate event_store.events']) {
      await expect(admin.query(sql)).rejects.toThrow('only ever appended');
    }
  });

  test('recordedAt never decreases, even where the clock of the database did', async () => {
    await admin.query(
      `insert into event_store.events select max(position) + 1, 0, now() + interval '1 hour', gen_random_uuid(), 1, 'future-1', 'FromTheFuture', '{}', '{}' from event_store.events`,
    );
    const stream = freshStream();
    const { written } = await store.append(stream, 'no_stream', [newEvent()]);
    const [future] = await store.readStream('future-1');
    expect(written?.recordedAt).toBe(future?.recordedAt);
    expect((await store.readStream(stream))[0]?.recordedAt).toBe(future?.recordedAt);
  });

  test('migrating again, by several at once, changes nothing', async () => {
    const fresh = await freshDatabase();
    const stores = Array.from({ length: 4 }, () => new PostgresEventStore({ pool: fresh.pool, clock: realClock, schema: 'another_log' }));
    try {
      await Promise.all(stores.map((one) => one.migrate()));
      const ids = await Promise.all(stores.map((one) => one.logId()));
      expect(new Set(ids).size).toBe(1);
      expect(ids[0]).not.toBe(await store.logId());
      await stores[0]?.append('a-1', 'no_stream', newEvents(1));
      await stores[1]?.migrate();
      expect(await stores[2]?.head()).toBe(1n);
    } finally {
      await Promise.all(stores.map((one) => one.close()));
      await fresh.drop();
    }
  });

  test('says what is wrong: no log there, a schema name that cannot be, no server', async () => {
    const none = new PostgresEventStore({ pool: database.pool, clock: realClock, schema: 'nothing_here' });
    await expect(none.append('a-1', 'any', newEvents(1))).rejects.toThrow('migrate()');
    await expect(none.head()).rejects.toThrow('migrate()');
    await none.close();
    expect(() => new PostgresEventStore({ pool: database.pool, clock: realClock, schema: 'x; drop' })).toThrow(RangeError);
    const away = new PostgresEventStore({ pool: { host: '/nowhere', database: 'x', user: 'x' }, clock: hastyClock });
    const attempts = await Promise.allSettled([away.append('a-1', 'any', newEvents(1)), away.head()]);
    for (const attempt of attempts) expect(attempt).toMatchObject({ reason: expect.any(EventStoreUnavailable) });
    await away.close();
  }, 60_000);
});
