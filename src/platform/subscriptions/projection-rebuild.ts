import type { Clock } from '../../kernel/clock.js';
import { mapInParallel } from '../../kernel/parallel.js';
import type { EventLog } from '../event-store/event-log.js';
import { AlarmCounter } from '../observability/alarms.port.js';
import type { Database, Transaction } from '../postgres/database.js';
import { FreshTables } from './fresh-tables.js';
import { readLogPages } from './log-pages.js';
import type { ParkedEvents } from './parked-events.port.js';
import { prepareProjection, versionName, type PreparedProjection } from './projection-batch.js';
import { batchesOf } from './projection-parking.js';
import { type ProjectionState, type ProjectionStore } from './projection-store.js';
import { createIndexesSql, createTableSql, qualified } from './projection-tables.js';
import type { Projection } from './projection.js';
import { despiteDeadlocks } from './retry.js';
import { withScratchSchema } from './scratch-schema.js';

export interface RebuildParts {
  readonly log: EventLog;
  readonly store: ProjectionStore;
  readonly parked: ParkedEvents;
  readonly clock: Clock;
}

export interface RebuildOptions {
  /** Events that are folded at a time. Default 2,000; the result is the same with any. */
  readonly batchSize?: number;
  /** See FreshTablesOptions. */
  readonly rowsInHand?: number;
  /** `events` is how many of the projections' own types were folded so far. */
  readonly onProgress?: (progress: { readonly position: bigint; readonly head: bigint; readonly events: number }) => void;
  readonly signal?: AbortSignal;
}

export interface Rebuilt {
  readonly name: string;
  readonly version: number;
  readonly position: bigint;
}

/** What is left when the copy is exchanged is folded while the live rows are locked; it should not be more than this. */
const SMALL_GAP = 500n;
const MAX_CHASES = 20;

/**
 * Folds a part of the log into fresh tables, all in one pass. Each projection takes what lies in
 * (`after`, its own `upTo`]. An event that cannot be folded or decoded ends it: a fresh copy is right
 * or it is not made. All is written when it resolves.
 */
export const foldRange = async (
  parts: Pick<RebuildParts, 'log' | 'clock'>,
  tables: FreshTables,
  work: readonly { readonly prepared: PreparedProjection; readonly upTo: bigint }[],
  range: { readonly after: bigint; readonly upTo: bigint },
  options: RebuildOptions,
  within?: Transaction,
): Promise<number> => {
  const { log, clock } = parts;
  const signal = options.signal ?? new AbortController().signal;
  const types = [...new Set(work.flatMap(({ prepared }) => prepared.projection.eventTypes))];
  const pages = readLogPages(log, clock, new AlarmCounter(), { ...range, types, pageSize: options.batchSize ?? 2_000, signal }, { personal: 'sealed', undecodable: 'throw' });
  let events = 0;
  for await (const page of pages) {
    signal.throwIfAborted();
    const takers = work.map(({ prepared, upTo }) => ({ prepared, tables: tables.of(prepared), ...(page.upTo <= upTo ? {} : { upTo }) }));
    const batches = batchesOf(takers, log, page.events);
    await tables.fold(batches, within);
    events += page.events.length;
    options.onProgress?.({ position: page.upTo, head: range.upTo, events });
  }
  await tables.finish(within);
  return events;
};

/**
 * Builds fresh copies of read models from the whole log, beside the served ones, and exchanges them in
 * one transaction. May run while the projections run here or in another process: they go on with the
 * new rows. What was parked is forgotten, because the copy has it. Throws FoldFailure at an event that
 * cannot be folded, and leaves everything as it was.
 */
export const rebuild = async (parts: RebuildParts, projections: readonly Projection[], options: RebuildOptions = {}): Promise<Rebuilt[]> => {
  const { log, store, clock, parked } = parts;
  const { database } = store;
  const logId = await log.store.logId();
  const prepared = projections.map(prepareProjection);
  for (const one of prepared) await store.ensure(one, logId);
  return withScratchSchema(database, clock, async (scratch) => {
    for (const { tables } of prepared) for (const table of tables) await database.query(createTableSql(scratch, table));
    const tables = new FreshTables(database, scratch, prepared, options);
    let reached = 0n;
    let folded = 0;
    const chase = async (): Promise<void> => {
      const head = await log.store.head();
      const onProgress = options.onProgress && ((progress: { position: bigint; head: bigint; events: number }) => options.onProgress?.({ ...progress, events: folded + progress.events }));
      folded += await foldRange(parts, tables, prepared.map((one) => ({ prepared: one, upTo: head })), { after: reached, upTo: head }, { ...options, ...(onProgress && { onProgress }) });
      reached = head;
    };
    await chase();
    await mapInParallel(prepared.flatMap((one) => one.tables), 2, (table) => indexes(database, scratch, table));
    for (let chases = 0; chases < MAX_CHASES && (await log.store.head()) - reached > SMALL_GAP; chases += 1) await chase();
    // A query that reads two of the tables may cross the exchange of both.
    const rebuilt = await despiteDeadlocks(() => database.transaction((tx) => exchange(parts, tx, scratch, prepared, reached, logId, options), { statementTimeoutMs: 0 }));
    for (const { projection } of prepared) await parked.clear(versionName(projection));
    return rebuilt;
  });
};

const indexes = async (database: Database, schema: string, table: PreparedProjection['tables'][number]): Promise<void> => {
  // Without statistics the first queries would be planned for an empty table.
  await database.transaction((tx) => tx.query(`${createIndexesSql(schema, table)}\nANALYZE ${qualified(schema, table.physical)}`), { statementTimeoutMs: 0 });
};

/** With the checkpoints locked, so that no runner writes in between. */
const exchange = async (parts: RebuildParts, tx: Transaction, scratch: string, prepared: readonly PreparedProjection[], reached: bigint, logId: string, options: RebuildOptions): Promise<Rebuilt[]> => {
  const { store } = parts;
  const names = prepared.map(({ projection }) => projection.name);
  // Whoever writes takes the tables before the checkpoint; readers go on.
  await tx.query(`LOCK TABLE ${prepared.flatMap((one) => one.tables.map(({ physical }) => qualified(store.schema, physical))).join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
  await tx.query('SELECT 1 FROM trunkline_projections WHERE name = ANY ($1) ORDER BY name, version FOR UPDATE', [names]);
  const states = await store.states(tx, names);
  const stateOf = ({ projection }: PreparedProjection): ProjectionState | undefined => states.find(({ name, version }) => name === projection.name && version === projection.version);
  // Nobody who reads shall find less than before: the copy goes on to where the served rows are.
  const live = prepared.map(stateOf).filter((state) => state?.logId === logId).map((state) => state?.position ?? 0n);
  const upTo = live.reduce((most, position) => (position > most ? position : most), reached);
  // With memory of its own: when the transaction is tried again, nothing of it is in the tables.
  if (upTo > reached) await foldRange(parts, new FreshTables(store.database, scratch, prepared, { begun: true }), prepared.map((one) => ({ prepared: one, upTo })), { after: reached, upTo }, options, tx);
  for (const one of prepared) {
    const visible = stateOf(one)?.active === true;
    for (const { spec, physical } of one.tables) {
      if (visible) await tx.query(`DROP VIEW IF EXISTS ${qualified(store.schema, spec.name)}`);
      await tx.query(`DROP TABLE IF EXISTS ${qualified(store.schema, physical)}; ALTER TABLE ${qualified(scratch, physical)} SET SCHEMA "${store.schema}"`);
    }
    if (visible) await store.show(tx, one);
    await tx.query('UPDATE trunkline_projections SET position = $3, log_id = $4, generation = generation + 1, saved_at = now() WHERE name = $1 AND version = $2', [one.projection.name, one.projection.version, upTo.toString(), logId]);
  }
  return prepared.map(({ projection: { name, version } }) => ({ name, version, position: upTo }));
};
