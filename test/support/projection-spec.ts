import { eventCatalog } from '../../src/engine/domain.js';
import type { EventSpec, Json, RecordedEvent } from '../../src/kernel/event.js';
import { EventCatalog } from '../../src/platform/event-store/event-catalog.js';
import { deterministicId } from '../../src/platform/event-store/deterministic-ids.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../src/platform/event-store/in-memory/in-memory.event-store.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { InMemorySubjectKeys } from '../../src/platform/privacy/in-memory-subject-keys.js';
import { SealedRows } from '../../src/platform/privacy/sealed-text.js';
import type { SubjectKeys } from '../../src/platform/privacy/subject-keys.port.js';
import { prepareProjection } from '../../src/platform/subscriptions/projection-batch.js';
import { batchOf } from '../../src/platform/subscriptions/projection-parking.js';
import { foldInto, ProjectionStore } from '../../src/platform/subscriptions/projection-store.js';
import { loadedRow } from '../../src/platform/subscriptions/projection-values.js';
import type { Projection } from '../../src/platform/subscriptions/projection.js';
import { platformDatabase } from './platform-database.js';
import { realClock } from './test-server.js';

/** An event as a spec of a projection gives it; what is left out is filled in. */
export interface GivenEvent {
  readonly stream: string;
  readonly type: string;
  readonly data: object;
  /** When it happened, ISO 8601 UTC. Default: one second after the event before. */
  readonly at?: string;
  /** When we learned of it; default: when it happened. */
  readonly recordedAt?: string;
  readonly tenantId?: string;
  /** Default: the stream. */
  readonly correlationId?: string;
}

export interface Projected {
  readonly database: Database;
  /** Opens what the rows keep sealed. */
  readonly sealed: SealedRows;
  readonly keys: SubjectKeys;
  /** All rows of the read model's table, ordered by primary key: timestamps as ISO 8601, bigint as number where it is safe. */
  rows(table: string): Promise<Record<string, Json>[]>;
  /** Folds more events on top. */
  more(...events: readonly GivenEvent[]): Promise<void>;
  /** Closes and drops the database; to be called at the end of each test. */
  close(): Promise<void>;
}

const START = Date.UTC(2026, 0, 1, 9);

const numbering = () => {
  const revisions = new Map<string, bigint>();
  let position = 0n;
  let last = START - 1_000;
  return (given: GivenEvent): RecordedEvent => {
    const revision = (revisions.get(given.stream) ?? -1n) + 1n;
    revisions.set(given.stream, revision);
    position += 1n;
    last = given.at === undefined ? last + 1_000 : Date.parse(given.at);
    const occurredAt = new Date(last).toISOString();
    const id = deterministicId('given', position.toString());
    return {
      id,
      type: given.type,
      schemaVersion: 1,
      data: JSON.parse(JSON.stringify(given.data)) as Json,
      metadata: {
        tenantId: given.tenantId ?? 'acme',
        occurredAt,
        commandId: id,
        $correlationId: given.correlationId ?? given.stream,
        $causationId: id,
        actor: { kind: 'system', id: 'test' },
      },
      stream: given.stream,
      revision,
      position,
      recordedAt: given.recordedAt ?? occurredAt,
    };
  };
};

/** The event as it comes out of a log: its personal fields sealed beside the plaintext. */
const sealedIn =
  (log: EventLog) =>
  async (event: RecordedEvent): Promise<RecordedEvent> => {
    if (log.catalog.spec(event.type) === undefined) return event;
    const coded = await log.catalog.encode(event.stream, { ...event, data: event.data as Json }, log.keys);
    const sealed = log.catalog.sealed(event.type, coded.data);
    return { ...event, schemaVersion: coded.schemaVersion, ...(sealed === undefined ? {} : { sealed }) };
  };

/**
 * `await givenEvents(...).project(projection)` folds the events into real tables, one batch per
 * event or, with `batchSize`, that many at a time; a correct projection does not notice the difference.
 */
export const givenEvents = (...events: readonly GivenEvent[]) => ({
  project: async (projection: Projection, options: { readonly batchSize?: number } = {}): Promise<Projected> => {
    const { database, close } = await platformDatabase();
    const store = new ProjectionStore(database);
    const prepared = prepareProjection(projection);
    const known = eventCatalog();
    const specs: Record<string, EventSpec> = Object.fromEntries(projection.eventTypes.map((type) => [type, known.spec(type) ?? { version: 1 }]));
    const log = new EventLog(new InMemoryEventStore({ clock: realClock }), new EventCatalog(specs), new InMemorySubjectKeys());
    await store.ensure(prepared, 'given');
    const number = numbering();
    const more = async (...given: readonly GivenEvent[]): Promise<void> => {
      const recorded = await Promise.all(given.map(number).map(sealedIn(log)));
      const size = options.batchSize ?? 1;
      for (let i = 0; i < recorded.length; i += size) {
        await database.transaction((tx) => foldInto(tx, store.schema, batchOf(prepared, log, recorded.slice(i, i + size))));
      }
    };
    try {
      await more(...events);
    } catch (error) {
      await close();
      throw error;
    }
    return {
      database,
      sealed: new SealedRows(log.keys),
      keys: log.keys,
      more,
      close,
      rows: async (table) => {
        const spec = projection.tables.find(({ name }) => name === table);
        if (spec === undefined) throw new Error(`${projection.name} has no table ${table}`);
        const { rows } = await database.query<Record<string, unknown>>(`SELECT * FROM "${table}" ORDER BY ${spec.primaryKey.map((column) => (spec.columns[column] === 'text' ? `"${column}" COLLATE "C"` : `"${column}"`)).join(', ')}`);
        const prepare = prepared.byName.get(table)!;
        return rows.map((row) => ({ ...loadedRow(prepare, row) }) as Record<string, Json>);
      },
    };
  },
});
