import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModels } from '../../projections/read-models.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { PostgresParkedEvents } from '../../src/platform/postgres/parked-events.js';
import { type PreparedProjection, prepareProjection, TableRows } from '../../src/platform/subscriptions/projection-batch.js';
import { batchesOf } from '../../src/platform/subscriptions/projection-parking.js';
import { rebuild } from '../../src/platform/subscriptions/projection-rebuild.js';
import { ProjectionStore } from '../../src/platform/subscriptions/projection-store.js';
import { openLog, type OpenLog } from './clone-log.js';
import { rounded, say } from './figure.js';
import type { Place } from './place.js';

const BATCH = 2_000;

export const masterKeyIn = (place: Place): Buffer => Buffer.from(readFileSync(join(place.folder, 'master.key'), 'utf8').trim(), 'hex');

/** Events of the log as read models are given them. */
const readAll = async ({ log }: OpenLog): Promise<RecordedEvent[]> => {
  const all: RecordedEvent[] = [];
  for (let after = 0n; ; ) {
    const page = await log.store.readAll({ after, maxCount: BATCH });
    all.push(...(await log.decodeSealed(page)));
    if (page.length < BATCH) return all;
    after = page.at(-1)!.position;
  }
};

/** Folds as a rebuild does, without ever writing a row. Answers how many rows there are. */
const foldInMemory = ({ log }: OpenLog, projections: readonly PreparedProjection[], events: readonly RecordedEvent[]): number => {
  const takers = projections.map((prepared) => ({ prepared, tables: prepared.tables.map((table) => new TableRows(table)) }));
  const tables = takers.flatMap((taker) => taker.tables);
  for (let from = 0; from < events.length; from += BATCH) {
    const batches = batchesOf(takers, log, events.slice(from, from + BATCH));
    for (const rows of tables) rows.takeUnloaded();
    for (const batch of batches) batch.apply();
  }
  return tables.reduce((sum, rows) => sum + rows.upserts().length, 0);
};

const best = async (rounds: number, task: () => Promise<unknown> | unknown): Promise<number> => {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    await task();
    least = Math.min(least, performance.now() - started);
  }
  return least;
};

/** The real read models over the log that the engine has just written: folded in memory, and read, folded and written; what is personal stays sealed. */
export const benchReadModels = async (place: Place): Promise<void> => {
  const open = openLog(place.pool, masterKeyIn(place));
  try {
    const { log, database } = open;
    const prepared = readModels.map(prepareProjection);
    let events: RecordedEvent[] = [];
    const readMs = await best(2, async () => (events = await readAll(open)));
    let rows = 0;
    const foldMs = await best(3, () => (rows = prepared.reduce((sum, one) => sum + foldInMemory(open, [one], events), 0)));
    const parts = { log, store: new ProjectionStore(database), parked: new PostgresParkedEvents(database), clock: systemClock };
    const writeMs = await best(2, () => rebuild(parts, readModels, { batchSize: BATCH }));
    const perSecond = (ms: number): number => Math.round((events.length * 1_000) / ms);
    const conditions = `a log of ${events.length} events that simulated calls left behind, ${readModels.length} read models with ${rows} rows (${readModels.map(({ name }) => name).join(', ')}), batches of ${BATCH}, best round; ${rounded((foldMs * 1_000) / events.length)} us per event to fold`;
    const read = { peer: 'only reading the same log', peerValue: perSecond(readMs) };
    say(
      { figure: 'all read models: fold in memory', value: perSecond(foldMs), unit: 'events/s', ...read, ratio: rounded(readMs / foldMs), aim: '80,000 events/s', conditions },
      { figure: 'all read models: read, fold and write, one rebuild of all', value: perSecond(writeMs), unit: 'events/s', ...read, ratio: rounded(readMs / writeMs), aim: '30,000 events/s', conditions },
    );
    for (const one of prepared) {
      const taken = events.filter((event) => one.types.has(event.type)).length;
      const ms = await best(2, () => foldInMemory(open, [one], events));
      say({ figure: `read model ${one.projection.name}: fold in memory`, value: Math.round((taken * 1_000) / ms), unit: 'events/s', conditions: `${taken} of ${events.length} events are of its types; ${one.tables.length} tables` });
    }
  } finally {
    await open.close();
  }
};
