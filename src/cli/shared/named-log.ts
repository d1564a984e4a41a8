import type { EventStore } from '../../platform/event-store/event-store.port.js';
import { EventStoreDbEventStore } from '../../platform/event-store/eventstoredb/eventstoredb.event-store.js';
import { PostgresEventStore } from '../../platform/event-store/postgres/postgres.event-store.js';
import { systemClock } from '../../platform/time/system-clock.js';
import { systemRandom } from '../../platform/time/system-random.js';
import { OperatorError } from './operator-error.js';
import { atWorkplace, type Environment } from './workplace.js';

/** The log of the environment, as `npm start` uses it. */
export const HERE = 'here';

export const LOG_HELP = '`here` (the log that the environment names), postgres://... (?schema=NAME for another schema than event_store) or esdb://...';

const inPostgres = (text: string): PostgresEventStore => {
  const url = new URL(text);
  const schema = url.searchParams.get('schema') ?? 'event_store';
  url.searchParams.delete('schema');
  return new PostgresEventStore({ pool: { connectionString: url.toString() }, clock: systemClock, schema });
};

const open = (text: string): EventStore => {
  const scheme = text.split('://')[0] ?? '';
  if (URL.canParse(text) && ['postgres', 'postgresql'].includes(scheme)) return inPostgres(text);
  if (URL.canParse(text) && ['esdb', 'esdb+discover'].includes(scheme)) return new EventStoreDbEventStore({ connectionString: text, clock: systemClock, random: systemRandom });
  throw new OperatorError(`'${text.replace(/\/\/[^/@]*@/, '//***@')}' names no log; expected ${LOG_HELP}`, 2);
};

/** Opens the log of that name for `work`, and closes it. With `make`, one in PostgreSQL is made where there is none. */
export const withLog = async <T>(env: Environment, name: string, make: boolean, work: (store: EventStore) => Promise<T>): Promise<T> => {
  if (name === HERE) return atWorkplace(env, ({ log }) => work(log.store));
  const store = open(name);
  try {
    if (make && store instanceof PostgresEventStore) await store.migrate();
    return await work(store);
  } finally {
    await store.close();
  }
};
