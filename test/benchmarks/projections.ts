import type pg from 'pg';
import type { EventMetadata, Json } from '../../src/kernel/event.js';
import { deterministicId } from '../../src/platform/event-store/deterministic-ids.js';
import { EventCatalog } from '../../src/platform/event-store/event-catalog.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
import { PostgresEventStore } from '../../src/platform/event-store/postgres/postgres.event-store.js';
import { Database } from '../../src/platform/postgres/database.js';
import { LEASE_MIGRATIONS } from '../../src/platform/postgres/leases.js';
import { runMigrations } from '../../src/platform/postgres/migrations.js';
import { PostgresParkedEvents } from '../../src/platform/postgres/parked-events.js';
import { PLATFORM_MIGRATIONS, PLATFORM_SCHEMA } from '../../src/platform/postgres/platform-schema.js';
import { ensureReaderRole } from '../../src/platform/postgres/row-level-security.js';
import { KeyRing } from '../../src/platform/privacy/key-wrapping.js';
import { PostgresSubjectKeys } from '../../src/platform/privacy/postgres-subject-keys.js';
import { rebuild } from '../../src/platform/subscriptions/projection-rebuild.js';
import { ProjectionStore } from '../../src/platform/subscriptions/projection-store.js';
import type { Projection } from '../../src/platform/subscriptions/projection.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';

export interface ProjectionFigure {
  readonly events: number;
  /** Events with an encrypted field, in percent. */
  readonly encryptedPercent: number;
  readonly batchSize: number;
  /** Read from PostgreSQL and decrypted, nothing written. */
  readonly readPerSecond: number;
  /** Read, decrypted, folded and written, from the first event to the swap of the tables. */
  readonly rebuildPerSecond: number;
}

const CALLS = 5_000;
const EVENTS_PER_CALL = 10;

/** One row per call, changed by each of its events: as a board or a CDR is. */
const calls: Projection = {
  name: 'bench-calls',
  version: 1,
  eventTypes: ['BenchStarted', 'BenchMoved'],
  tables: [
    {
      name: 'bench_calls',
      columns: { tenant_id: 'text', call_id: 'text', caller: 'text', state: 'text', started_at: 'timestamptz', last_at: 'timestamptz', moves: 'integer', talk_ms: 'bigint', steps: 'jsonb' },
      primaryKey: ['tenant_id', 'call_id'],
      indexes: [['tenant_id', 'started_at']],
    },
  ],
  keys: (event) => [{ table: 'bench_calls', key: [event.metadata.tenantId, (event.data as { callId: string }).callId] }],
  apply: (event, rows) => {
    const { callId, caller, state } = event.data as { callId: string; caller?: string; state?: string };
    const key = [event.metadata.tenantId, callId];
    const at = event.metadata.occurredAt;
    if (event.type === 'BenchStarted') return rows.put('bench_calls', { tenant_id: key[0], call_id: callId, caller, state: 'started', started_at: at, last_at: at, moves: 0, talk_ms: 0, steps: [] });
    const row = rows.get('bench_calls', key as string[]);
    if (row !== undefined) rows.put('bench_calls', { ...row, state, last_at: at, moves: Number(row['moves']) + 1, talk_ms: Number(row['talk_ms']) + 20, steps: [...(row['steps'] as Json[]), state ?? null].slice(-4) });
  },
};

const catalog = new EventCatalog({
  BenchStarted: { version: 1, personal: { fields: ['caller'], subject: 'personId' } },
  BenchMoved: { version: 1 },
});

const fill = async (log: EventLog): Promise<number> => {
  const metadata = (id: string, n: number): EventMetadata => ({
    tenantId: `tenant-${n % 4}`,
    occurredAt: new Date(Date.UTC(2026, 0, 1) + n).toISOString(),
    commandId: id,
    $correlationId: id,
    $causationId: id,
    actor: { kind: 'switch', id: 'node-1' },
  });
  const open = new Map<number, bigint>();
  const at = async (call: number, step: number): Promise<void> => {
    const id = deterministicId('bench', call, step);
    const callId = deterministicId('bench-call', call);
    const event = step === 0 ? { id, type: 'BenchStarted', data: { callId, personId: `person-${call % 1_000}`, caller: '+4930123456' }, metadata: metadata(id, call) } : { id, type: 'BenchMoved', data: { callId, state: `state-${step % 5}`, legId: id }, metadata: metadata(id, call) };
    const { revision } = await log.append(`call-${callId}`, step === 0 ? 'no_stream' : (open.get(call) ?? 0n), [event]);
    open.set(call, revision);
  };
  // Two hundred calls at a time, so that their events lie between each other as in life.
  for (let first = 0; first < CALLS; first += 200) {
    for (let step = 0; step < EVENTS_PER_CALL; step += 1) await Promise.all(Array.from({ length: 200 }, (_, i) => at(first + i, step)));
  }
  return CALLS * EVENTS_PER_CALL;
};

/** Rebuilds a read model from a log in PostgreSQL, best of three, beside only reading and decrypting the same log. */
export const benchProjections = async (config: pg.PoolConfig): Promise<ProjectionFigure[]> => {
  const database = new Database(config);
  const store = new PostgresEventStore({ pool: config, clock: systemClock });
  try {
    await store.migrate();
    await ensureReaderRole(database);
    await runMigrations(database, 'leases', LEASE_MIGRATIONS);
    await runMigrations(database, PLATFORM_SCHEMA, PLATFORM_MIGRATIONS);
    const ring = new KeyRing(Buffer.alloc(32, 1));
    const log = new EventLog(store, catalog, new PostgresSubjectKeys(database, ring, systemClock, systemRandom));
    const events = await fill(log);
    const figures: ProjectionFigure[] = [];
    for (const batchSize of [500, 2_000]) {
      let read = 0;
      let rebuilt = 0;
      for (let round = 0; round < 3; round += 1) {
        const readStarted = performance.now();
        for (let after = 0n, page = batchSize; page === batchSize; ) {
          const stored = await store.readAll({ after, maxCount: batchSize });
          await log.decode(stored);
          page = stored.length;
          after = stored.at(-1)?.position ?? after;
        }
        read = Math.max(read, (events * 1_000) / (performance.now() - readStarted));
        const started = performance.now();
        await rebuild({ log, store: new ProjectionStore(database), parked: new PostgresParkedEvents(database), clock: systemClock }, [calls], { batchSize });
        rebuilt = Math.max(rebuilt, (events * 1_000) / (performance.now() - started));
      }
      figures.push({ events, encryptedPercent: 100 / EVENTS_PER_CALL, batchSize, readPerSecond: Math.round(read), rebuildPerSecond: Math.round(rebuilt) });
    }
    return figures;
  } finally {
    await store.close();
    await database.close();
  }
};
