import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type pg from 'pg';
import type { Clock, Random } from '../kernel/clock.js';
import { KeptPostgres } from '../platform/embedded/kept-postgres.js';
import { type EventStore, EventStoreUnavailable } from '../platform/event-store/event-store.port.js';
import { EventStoreDbEventStore } from '../platform/event-store/eventstoredb/eventstoredb.event-store.js';
import { PostgresEventStore } from '../platform/event-store/postgres/postgres.event-store.js';
import type { Alarms } from '../platform/observability/alarms.port.js';
import { Database } from '../platform/postgres/database.js';
import { HTTP_MIGRATIONS, HTTP_SCHEMA } from '../platform/postgres/idempotency-keys.js';
import { LEASE_MIGRATIONS } from '../platform/postgres/leases.js';
import { runMigrations } from '../platform/postgres/migrations.js';
import { PLATFORM_MIGRATIONS, PLATFORM_SCHEMA } from '../platform/postgres/platform-schema.js';
import { ensureReaderRole } from '../platform/postgres/row-level-security.js';
import { KeyRing } from '../platform/privacy/key-wrapping.js';
import { retryForEver } from '../platform/subscriptions/retry.js';
import type { ObjectStorage } from '../platform/object-storage/object-storage.port.js';
import type { TrunklineSettings } from '../settings.js';
import { openObjectStorage } from './object-storage.js';

/** What the engine keeps things in. */
export interface Storage {
  readonly store: EventStore;
  readonly database: Database;
  readonly keyRing: KeyRing;
  /** For recordings. */
  readonly objects: ObjectStorage;
  close(): Promise<void>;
}

/** How long a start waits for a database or an event store that is away, ms. */
const REACHABLE_WITHIN_MS = 30_000;

/** Within the data folder, where TRUNKLINE_MASTER_KEY is not set. */
export const MASTER_KEY_FILE = 'master.key';

const keyIn = (file: string): Buffer => {
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  if (key.length !== 32) throw new Error(`${file} does not hold 64 hexadecimal digits; put the key that this data was written with back there, or set TRUNKLINE_MASTER_KEY`);
  return key;
};

/** The master key of the settings, or the one in the data folder, made there at the first start. Two processes that start at once have the same. */
export const masterKeyOf = (settings: Pick<TrunklineSettings, 'masterKey' | 'dataDir' | 'databaseUrl'>): Buffer => {
  if (settings.masterKey !== undefined) return settings.masterKey;
  const file = join(settings.dataDir, MASTER_KEY_FILE);
  if (existsSync(file)) return keyIn(file);
  mkdirSync(settings.dataDir, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  try {
    // Complete or not there at all; whoever comes second takes the first one's.
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return keyIn(file);
};

/** Opens the database and the event log and brings their schema up to date. Throws an Error that says what is away or wrong. */
export const openStorage = async (settings: TrunklineSettings, clock: Clock, random: Random, alarms: Alarms): Promise<Storage> => {
  const keyRing = new KeyRing(masterKeyOf(settings));
  const objects = await openObjectStorage(settings, clock, random);
  const embedded = settings.databaseUrl === undefined ? await KeptPostgres.start({ dataDir: resolve(settings.dataDir, 'postgres'), clock }, alarms) : undefined;
  const pool: pg.PoolConfig = embedded?.pool() ?? { connectionString: settings.databaseUrl! };
  const database = new Database(pool, {
    applicationName: 'trunkline',
    maxConnections: 12,
    onIdleError: (error) => alarms.raise({ code: 'database-connection-lost', message: 'a connection to PostgreSQL broke and is replaced', error }),
  });
  try {
    await database.waitUntilReachable(clock, clock.now() + REACHABLE_WITHIN_MS);
    await ensureReaderRole(database);
    await runMigrations(database, PLATFORM_SCHEMA, PLATFORM_MIGRATIONS);
    await runMigrations(database, 'leases', LEASE_MIGRATIONS);
    await runMigrations(database, HTTP_SCHEMA, HTTP_MIGRATIONS);
    const store = await openEventStore(settings, pool, clock, random);
    return {
      store,
      database,
      keyRing,
      objects,
      close: async () => {
        await objects.close();
        await store.close();
        await database.close();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await database.close();
    await embedded?.stop();
    throw error;
  }
};

const openEventStore = async (settings: TrunklineSettings, pool: pg.PoolConfig, clock: Clock, random: Random): Promise<EventStore> => {
  if (settings.eventStoreDbUrl !== undefined) {
    const eventStoreDb = new EventStoreDbEventStore({ connectionString: settings.eventStoreDbUrl, clock, random });
    const until = clock.now() + REACHABLE_WITHIN_MS;
    await retryForEver(clock, new AbortController().signal, () => eventStoreDb.logId(), (error) => error instanceof EventStoreUnavailable && clock.now() < until).catch(async (error: unknown) => {
      await eventStoreDb.close();
      throw error;
    });
    return eventStoreDb;
  }
  const store = new PostgresEventStore({ pool, clock });
  await store.migrate();
  return store;
};
