import { DIRECTORIES } from '../platform/http/projection-progress.port.js';
import type { ReadinessCheck, ReadinessProblem } from '../platform/http/readiness.port.js';
import type { EventStore } from '../platform/event-store/event-store.port.js';
import type { Database } from '../platform/postgres/database.js';
import type { Core } from './core.js';
import type { TelephonyRole } from './telephony-role.js';

export interface ReadinessParts {
  readonly core: Pick<Core, 'reader' | 'clock'>;
  readonly store: EventStore;
  readonly database: Database;
  readonly telephony: Pick<TelephonyRole, 'problem'> | undefined;
}

/** Longest that what was recorded may take to be known here, ms. */
const FOLLOWS_WITHIN_MS = 1_000;
/** An append without an answer for longer: the store does not write. */
const WRITES_WITHIN_MS = 3_000;
/** A read model that is behind for longer answers with what was. */
const READ_MODEL_LATE_MS = 30_000;

/** Name of the consumer of the folds that calls are driven by, see TelephonyRole. */
const TELEPHONY = 'telephony';

/** What must be so before this process can serve; asked each time anew, so that it is ready again as soon as it is. */
export const readinessOf = ({ core, store, database, telephony }: ReadinessParts): ReadinessCheck[] => {
  const readModelProblem = readModelCheck(core);
  const checks: ReadinessCheck[] = [
    { name: 'database', failure: 'database-away', problem: async () => void (await database.query('SELECT 1')) },
    { name: 'event-store', failure: 'event-store-away', problem: () => storeProblem(core, store) },
    { name: 'consumers', failure: 'consumer-failed', problem: () => Promise.resolve(consumerProblem(core)) },
    { name: 'read-models', failure: 'read-models-late', problem: () => Promise.resolve(readModelProblem()) },
  ];
  if (telephony !== undefined) checks.push({ name: 'telephony', failure: 'no-node-connected', problem: () => Promise.resolve(telephony.problem()) });
  return checks;
};

const storeProblem = async ({ reader, clock }: ReadinessParts['core'], store: EventStore): Promise<ReadinessProblem | undefined> => {
  const oldest = store.figures?.()?.oldestAppendAt;
  if (oldest !== undefined && clock.now() - oldest > WRITES_WITHIN_MS) return { code: 'event-store-not-writable', reason: `an append has waited for ${((clock.now() - oldest) / 1000).toFixed(1)} s` };
  const head = await store.head();
  const following = reader.status().filter(({ name, mode }) => (name === DIRECTORIES || name === TELEPHONY) && mode !== 'failed');
  const behind: string[] = [];
  await Promise.all(following.map(async ({ name }) => {
    if (!(await reader.waitFor(name, head, FOLLOWS_WITHIN_MS))) behind.push(name);
  }));
  return behind.length === 0 ? undefined : { code: 'not-caught-up', reason: `what is in the log is not known here yet (${behind.join(', ')})` };
};

const consumerProblem = ({ reader }: ReadinessParts['core']): ReadinessProblem | undefined => {
  const failed = reader.status().filter(({ mode }) => mode === 'failed');
  return failed.length === 0 ? undefined : { code: 'consumer-failed', reason: `${failed.map(({ name }) => name).join(', ')} stopped and goes on after a restart only` };
};

/**
 * Those that queries are answered from. A version that is built beside them is named after its version, and
 * may take its time; once it has caught up it is answered from, too.
 */
const readModelCheck = ({ reader }: ReadinessParts['core']): (() => ReadinessProblem | undefined) => {
  const built = new Set<string>();
  return () => {
    const models = reader.status().filter(({ name, mode }) => name.startsWith('projections/') && mode !== 'failed');
    for (const { name, mode, lagMs } of models) if (!name.slice('projections/'.length).includes('/') || (mode === 'live' && lagMs <= READ_MODEL_LATE_MS)) built.add(name);
    const late = models.filter(({ name, lagMs }) => built.has(name) && lagMs > READ_MODEL_LATE_MS);
    return late.length === 0 ? undefined : { code: 'read-models-late', reason: late.map(({ name, lagMs }) => `${name} is ${Math.round(lagMs / 1000)} s behind`).join(', ') };
  };
};
