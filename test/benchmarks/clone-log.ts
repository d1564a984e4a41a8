import type pg from 'pg';
import { eventCatalog } from '../../src/engine/domain.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
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

const MARK = 'c0de';

/**
 * Of the first copy: the last digits of every uuid say so, those of keys too, which nobody has then: the
 * persons of copies read as erased.
 */
const marked = (text: string): string =>
  `replace(replace(regexp_replace(${text}, '([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})[0-9a-f]{8}', '\\1${MARK}0001', 'g'), 'bench0', 'bench1'), '+15550199', '+15552001')`;

/** Of further ones, made from the first; looking for patterns again would take ten times as long. */
const renamed = (text: string): string =>
  `replace(replace(replace(${text}, '${MARK}0001', '${MARK}' || lpad(to_hex($1::int), 4, '0')), 'bench1', 'bench' || $1::int), '+15552001', '+1555' || (2000 + $1::int))`;

/** $1 number of the copy, $2 end of what is copied, $3 most events. */
const copySql = (from: string, as: (text: string) => string): string => `INSERT INTO event_store.events (position, revision, recorded_at, id, schema_version, stream, type, data, metadata)
  SELECT (SELECT max(position) FROM event_store.events) + row_number() OVER (ORDER BY position), revision, (SELECT max(recorded_at) FROM event_store.events),
    ${as('id::text')}::uuid, schema_version, ${as('stream')}, type, ${as('data::text')}::json, ${as('metadata::text')}::json
  FROM event_store.events WHERE position <= $2 AND metadata->>'tenantId' = '${from}' AND $1::int > 0 ORDER BY position LIMIT $3`;

/**
 * Lets what the first tenant's log tells happen to further tenants, until the log has `wanted` events;
 * answers how many it has. Written past the store, which would take minutes; nobody may append meanwhile.
 */
export const growLog = async ({ log, database }: OpenLog, wanted: number): Promise<number> => {
  let total = Number(await log.store.head());
  const end = total;
  let firstCopy = end;
  for (let n = 1; total < wanted; n += 1) {
    const [sql, upTo] = n === 1 ? [copySql('bench0', marked), end] : [copySql('bench1', renamed), firstCopy];
    const { rowCount } = await database.transaction((tx) => tx.query(sql, [n, upTo, wanted - total]), { statementTimeoutMs: 0 });
    total += rowCount ?? 0;
    if (n === 1) firstCopy = total;
  }
  await database.transaction((tx) => tx.query('ANALYZE event_store.events'), { statementTimeoutMs: 0 });
  return Number(await log.store.head());
};
