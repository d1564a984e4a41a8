import type pg from 'pg';
import { openObjectStorage } from '../../engine/object-storage.js';
import { within, type Clock, type Random } from '../../kernel/clock.js';
import type { EventStore } from '../../platform/event-store/event-store.port.js';
import { EventStoreDbEventStore } from '../../platform/event-store/eventstoredb/eventstoredb.event-store.js';
import { PostgresEventStore } from '../../platform/event-store/postgres/postgres.event-store.js';
import type { Database } from '../../platform/postgres/database.js';
import { openRedis } from '../../platform/redis/redis.js';
import type { TrunklineSettings } from '../../settings.js';
import { masked } from './configuration.js';
import type { Report } from './report.js';

const PATIENCE_MS = 5_000;

export interface ReachedLog {
  readonly store: EventStore;
  readonly head: bigint;
  readonly logId: string;
}

/** Connects to the event log and tells where it is and how long it is. Undefined where there is none. The caller closes the store. */
export const reachLog = async (report: Report, settings: TrunklineSettings, database: Database, pool: pg.PoolConfig, clock: Clock, random: Random): Promise<ReachedLog | undefined> => {
  report.section('Event log');
  const { eventStoreDbUrl } = settings;
  if (eventStoreDbUrl === undefined) {
    report.fact('where', 'PostgreSQL, schema event_store');
    const { rows } = await database.query<{ there: boolean }>(`SELECT to_regclass('event_store.events') IS NOT NULL AS there`);
    if (rows[0]?.there !== true) {
      report.fact('log', 'none yet; the first start makes it');
      return undefined;
    }
  } else {
    report.fact('where', `EventStoreDB, ${masked(eventStoreDbUrl)}`);
  }
  const store: EventStore = eventStoreDbUrl === undefined ? new PostgresEventStore({ pool, clock }) : new EventStoreDbEventStore({ connectionString: eventStoreDbUrl, clock, random, retryForMs: PATIENCE_MS });
  try {
    const [logId, head] = [await store.logId(), await store.head()];
    report.fact('log', logId);
    report.fact('newest position', store.densePositions ? `${head} (so many events)` : String(head));
    return { store, head, logId };
  } catch (error) {
    await store.close();
    report.problem('event-store-away', `the event log does not answer: ${(error as Error).message}`, eventStoreDbUrl === undefined ? 'look at the log of PostgreSQL' : 'start EventStoreDB, or put EVENTSTOREDB_URL right (address, user, password, tls)');
    return undefined;
  }
};

/** Whether the bucket for recordings answers, where one is configured. */
export const tellObjects = async (report: Report, settings: TrunklineSettings, clock: Clock, random: Random): Promise<void> => {
  const { recordingsBucket, s3Endpoint } = settings;
  if (recordingsBucket === undefined && s3Endpoint === undefined) return;
  report.section('Object storage');
  report.fact('bucket', `${recordingsBucket ?? 'none'} at ${s3Endpoint ?? 'AWS'}`);
  let problem: string | undefined = 'no answer in time';
  const ask = async (): Promise<void> => {
    const objects = await openObjectStorage(settings, clock, random);
    try {
      await objects.head('doctor/looks-whether-this-is-answered');
      problem = undefined;
    } finally {
      await objects.close();
    }
  };
  await within(clock, PATIENCE_MS, ask().catch((error: Error) => void (problem = error.message)));
  if (problem === undefined) report.fact('reachable', 'yes');
  else report.problem('objects-away', `the object storage does not answer as it should: ${problem}`, 'start it, or put S3_BUCKET, S3_ENDPOINT, S3_REGION and the two keys right; recordings stay on their nodes meanwhile');
};

/** Whether Redis answers, where it is configured. */
export const tellRedis = async (report: Report, { redisUrl }: TrunklineSettings, clock: Clock, random: Random): Promise<void> => {
  if (redisUrl === undefined) return;
  report.section('Redis');
  report.fact('address', masked(redisUrl));
  const redis = openRedis(redisUrl, { clock, random, alarms: { raise: () => undefined } });
  let problem: string | undefined = 'no answer';
  const ask = async (): Promise<void> => {
    for (const until = clock.now() + PATIENCE_MS; problem !== undefined && clock.now() < until; await new Promise((resolve) => void clock.after(100, () => resolve(undefined)))) {
      problem = await redis.readiness.problem().then((found) => found?.reason, (error: unknown) => (error as Error).message);
    }
  };
  await within(clock, PATIENCE_MS + 1_000, ask());
  await redis.close();
  if (problem === undefined) report.fact('reachable', 'yes');
  else report.problem('redis-away', `Redis does not answer: ${problem}`, 'start Redis, or put REDIS_URL right; meanwhile each process limits and shows live what it sees by itself');
};
