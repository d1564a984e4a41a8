import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { NewEvent } from '../../src/platform/event-store/event-store.port.js';
import { PostgresEventStore } from '../../src/platform/event-store/postgres/postgres.event-store.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { median, quantile, rounded, say } from './figure.js';
import { openPlace, syncTimeMs } from './place.js';

interface Measured {
  readonly perSecond: number;
  readonly latencies: readonly number[];
}

const ROUNDS = 3;
const ROUND_MS = 800;

const eventOf = (n: number): NewEvent => ({
  id: randomUUID(),
  type: 'LegAnswered',
  schemaVersion: 1,
  data: { legId: randomUUID(), at: '2026-02-03T04:05:06.789Z', earlyMedia: false, codec: 'PCMA', number: n },
  metadata: {
    tenantId: 'acme',
    occurredAt: '2026-02-03T04:05:06.789Z',
    commandId: randomUUID(),
    $correlationId: randomUUID(),
    $causationId: randomUUID(),
    actor: { kind: 'switch', id: 'node-1' },
  },
});

/** Lets each client append again and again for a round. Its events are made beforehand, and not counted. */
const measure = async (clients: number, size: number, append: (client: number, revision: bigint, events: NewEvent[]) => Promise<void>): Promise<Measured> => {
  const latencies: number[] = [];
  const stop = performance.now() + ROUND_MS;
  const started = performance.now();
  const client = async (index: number): Promise<void> => {
    for (let revision = 0n; performance.now() < stop; revision += BigInt(size)) {
      const events = Array.from({ length: size }, (_, i) => eventOf(i));
      const before = performance.now();
      await append(index, revision, events);
      latencies.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  return { perSecond: (latencies.length * size * 1_000) / (performance.now() - started), latencies };
};

const COLUMNS = ['revision', 'id', 'schema_version', 'stream', 'type', 'data', 'metadata'];

/** The table that is compared with: the same columns and indexes, its positions drawn by a sequence and so neither ordered nor dense. */
const PLAIN = `
create table if not exists event_store.plain (like event_store.events including all);
create sequence if not exists event_store.plain_position;
alter table event_store.plain alter position set default nextval('event_store.plain_position'), alter recorded_at set default now();`;

const insertSql = (size: number): string => {
  const row = (n: number): string => `(${COLUMNS.map((_, i) => `$${n * COLUMNS.length + i + 1}`).join(', ')})`;
  return `insert into event_store.plain (${COLUMNS.join(', ')}) values ${Array.from({ length: size }, (_, n) => row(n)).join(', ')}`;
};

/**
 * Appends of 1 and of 10 events by 1, 8 and 32 clients of one process, beside the plain multi-row
 * INSERT of such rows with a connection for each client: what SQL alone does, without order, revision
 * check or idempotency. Both in turn, three rounds each; the median counts.
 */
export const benchAppends = async (): Promise<void> => {
  const place = await openPlace();
  const store = new PostgresEventStore({ pool: place.pool, clock: systemClock });
  const pool = new pg.Pool({ ...place.pool, max: 32 });
  // Closing ones are told of the server's end, if that comes at once.
  pool.on('error', () => undefined);
  try {
    await store.migrate();
    await pool.query(PLAIN);
    const viaStore = (run: string) => async (client: number, revision: bigint, events: NewEvent[]): Promise<void> => {
      await store.append(`bench-${run}+${client}`, revision === 0n ? 'no_stream' : revision - 1n, events);
    };
    const viaInsert = (run: string) => async (client: number, revision: bigint, events: NewEvent[]): Promise<void> => {
      const stream = `bench-${run}+${client}`;
      const values = events.flatMap((event, i) => [
        (revision + BigInt(i)).toString(), event.id, event.schemaVersion, stream, event.type, JSON.stringify(event.data), JSON.stringify(event.metadata),
      ]);
      await pool.query({ name: `insert_${events.length}`, text: insertSql(events.length), values });
    };
    const sync = rounded(syncTimeMs(place.folder));
    await measure(32, 10, viaStore(randomUUID()));
    await measure(32, 10, viaInsert(randomUUID()));
    for (const eventsPerAppend of [1, 10]) {
      for (const clients of [1, 8, 32]) {
        const stored: Measured[] = [];
        const inserted: Measured[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          stored.push(await measure(clients, eventsPerAppend, viaStore(randomUUID())));
          inserted.push(await measure(clients, eventsPerAppend, viaInsert(randomUUID())));
        }
        const [ours, theirs] = [stored, inserted].map((rounds) => median(rounds.map(({ perSecond }) => perSecond))) as [number, number];
        const [p50, p99] = [0.5, 0.99].map((q) => rounded(quantile(stored.flatMap(({ latencies }) => latencies), q)));
        const insertP50 = rounded(quantile(inserted.flatMap(({ latencies }) => latencies), 0.5));
        say({
          figure: `appends of ${eventsPerAppend} ${eventsPerAppend === 1 ? 'event' : 'events'} by ${clients} ${clients === 1 ? 'client' : 'clients'}`, value: Math.round(ours), unit: 'events/s',
          peer: 'plain multi-row INSERT of the same rows, a connection per client, without order, revision check or idempotency', peerValue: Math.round(theirs), ratio: rounded(ours / theirs),
          ...(clients === 1 ? {} : { aim: '0.6 or better when grouped' }),
          conditions: `an append takes ${p50} ms (median) and ${p99} ms (p99), the INSERT ${insertP50} ms (median); fsync on, a write of 8 KiB takes ${sync} ms to the disk; median of ${ROUNDS} rounds of ${ROUND_MS} ms, taking turns`,
        });
      }
    }
  } finally {
    await store.close();
    await pool.end();
    await place.close();
  }
};
