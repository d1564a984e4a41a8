import type pg from 'pg';
import { eventCatalog } from '../../src/engine/domain.js';
import type { Json } from '../../src/kernel/event.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
import type { NewEvent } from '../../src/platform/event-store/event-store.port.js';
import { PostgresEventStore } from '../../src/platform/event-store/postgres/postgres.event-store.js';
import { Database } from '../../src/platform/postgres/database.js';
import { KeyRing } from '../../src/platform/privacy/key-wrapping.js';
import { PostgresSubjectKeys } from '../../src/platform/privacy/postgres-subject-keys.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';

export interface OpenLog {
  readonly log: EventLog;
  readonly database: Database;
  close(): Promise<void>;
}

export const openLog = (pool: pg.PoolConfig, masterKey: Buffer): OpenLog => {
  const database = new Database(pool);
  const store = new PostgresEventStore({ pool, clock: systemClock });
  const log = new EventLog(store, eventCatalog(), new PostgresSubjectKeys(database, new KeyRing(masterKey), systemClock, systemRandom));
  return { log, database, close: () => store.close().then(() => database.close()) };
};

const WINDOW = 200;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The same happens once more to another tenant: other ids, another number, other keys. */
const renamed = (text: string, n: number): string =>
  text
    .replace(UUID, (id) => `${((Number.parseInt(id.slice(0, 8), 16) ^ (n * 0x9e3779b1)) >>> 0).toString(16).padStart(8, '0')}${id.slice(8)}`)
    .replaceAll('bench0', `bench${n}`)
    .replaceAll('+15550199', `+1555${String(200 + n)}`);

/** Lets what the first tenant's log tells happen to further tenants, until the log has `wanted` events; answers how many it has. */
export const growLog = async ({ log }: OpenLog, wanted: number): Promise<number> => {
  const end = await log.store.head();
  let total = Number(end);
  for (let n = 1; total < wanted; n += 1) {
    for (let after = 0n; after < end && total < wanted; ) {
      const page = await log.store.readAll({ after, upTo: end, maxCount: WINDOW });
      const events = await log.decode(page);
      const appends: Promise<unknown>[] = [];
      for (const { stream, revision, id, type, data, metadata } of events) {
        if (metadata.tenantId !== 'bench0') continue;
        const [newStream, newId, newData, newMetadata] = JSON.parse(renamed(JSON.stringify([stream, id, data, metadata]), n)) as [string, string, Json, NewEvent['metadata']];
        const event = await log.catalog.encode(newStream, { id: newId, type, data: newData, metadata: newMetadata }, log.keys);
        // One after the other into the store's queue, which keeps their order and groups them.
        appends.push(log.store.append(newStream, revision === 0n ? 'no_stream' : revision - 1n, [event]));
        total += 1;
      }
      await Promise.all(appends);
      after = page.at(-1)?.position ?? end;
    }
  }
  return Number(await log.store.head());
};
