import type { Clock, Random } from '../../kernel/clock.js';
import { eventCatalog } from '../../engine/domain.js';
import { openStorage, type Storage } from '../../engine/storage.js';
import { EventLog } from '../../platform/event-store/event-log.js';
import type { Alarms } from '../../platform/observability/alarms.port.js';
import { PostgresParkedEvents } from '../../platform/postgres/parked-events.js';
import { PostgresSubjectKeys } from '../../platform/privacy/postgres-subject-keys.js';
import { ProjectionStore } from '../../platform/subscriptions/projection-store.js';
import { systemClock } from '../../platform/time/system-clock.js';
import { systemRandom } from '../../platform/time/system-random.js';
import { settingsFrom, type TrunklineSettings } from '../../settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What operators' commands work on: the log and the tables, without an engine. */
export interface Workplace {
  readonly settings: TrunklineSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly storage: Storage;
  readonly log: EventLog;
  readonly projections: ProjectionStore;
  readonly parked: PostgresParkedEvents;
}

/** What goes wrong on the way and is tried again is told on standard error. */
export const alarmsToOperator: Alarms = {
  raise: ({ message, error }) => void process.stderr.write(`! ${message}${error instanceof Error ? ` (${error.message})` : ''}\n`),
};

/** Opens what the environment names, and closes it whatever becomes of the work. */
export const atWorkplace = async <T>(env: Environment, work: (place: Workplace) => Promise<T>): Promise<T> => {
  const settings = settingsFrom(env);
  const [clock, random] = [systemClock, systemRandom];
  const storage = await openStorage(settings, clock, random, alarmsToOperator);
  try {
    const { database, keyRing, store } = storage;
    const log = new EventLog(store, eventCatalog(), new PostgresSubjectKeys(database, keyRing, clock, random));
    return await work({ settings, clock, random, storage, log, projections: new ProjectionStore(database), parked: new PostgresParkedEvents(database) });
  } finally {
    await storage.close();
  }
};
