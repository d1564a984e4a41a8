import type pg from 'pg';
import type { EventLog } from '../../src/platform/event-store/event-log.js';
import { PostgresParkedEvents } from '../../src/platform/postgres/parked-events.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { verify } from '../../src/platform/subscriptions/projection-verify.js';
import { ProjectionStore } from '../../src/platform/subscriptions/projection-store.js';
import type { Projection } from '../../src/platform/subscriptions/projection.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import type { Truth, TrueLeg } from '../../src/simulator/index.js';
import { brokenContacts, brokenShifts } from '../../src/engine/simulation/invariants/agents.js';
import { brokenCalls } from '../../src/engine/simulation/invariants/calls.js';
import { type Histories, historiesOf, wholeLog } from '../../src/engine/simulation/invariants/histories.js';
import { brokenCdrs, brokenEnds, type CdrRow } from '../../src/engine/simulation/invariants/truth.js';

export interface AfterRun {
  readonly log: EventLog;
  readonly database: Database;
  readonly projections: readonly Projection[];
  readonly tenantId: string;
  readonly truth: Truth;
  /** Calls that nobody could notice; by default there are none. */
  readonly unnoticed?: (call: TrueLeg) => boolean;
}

/** What can be said of the log alone. `isLive` tells which channels the switch has now. */
export const brokenHistories = (histories: Histories, isLive: (channelId: string) => boolean): string[] => {
  const mayBeBusy = [...histories.calls.values()].some((events) => events.some((event) => event.type === 'LegStarted' && isLive(event.data.legId)));
  return [...brokenCalls(histories, isLive), ...brokenShifts(histories, mayBeBusy), ...brokenContacts(histories)];
};

/** Everything that must hold once a run is over and all read models have caught up: one line for each thing that does not. */
export const brokenInvariants = async ({ log, database, projections, tenantId, truth, unnoticed = () => false }: AfterRun): Promise<string[]> => {
  const histories = historiesOf(await wholeLog(log));
  const isLive = (channelId: string): boolean => truth.legs.get(channelId) !== undefined && truth.legs.get(channelId)?.endedUs === undefined;
  return [
    ...brokenHistories(histories, isLive),
    ...brokenEnds(histories, truth),
    ...brokenCdrs(await cdrsOf(database, tenantId), truth, unnoticed),
    ...(await unsettledTimers(database)),
    ...(await differingReadModels(log, database, projections)),
  ];
};

const cdrsOf = async (database: Database, tenantId: string): Promise<CdrRow[]> =>
  (await database.query<CdrRow & pg.QueryResultRow>('SELECT call_id, direction, disposition, confidence, ended_at FROM call_history WHERE tenant_id = $1', [tenantId])).rows;

const unsettledTimers = async (database: Database): Promise<string[]> => {
  const { rows } = await database.query<{ key: string; due_at: Date }>('SELECT key, due_at FROM trunkline_timers');
  return rows.map(({ key, due_at }) => `timer ${key} still waits for ${due_at.toISOString()}`);
};

const differingReadModels = async (log: EventLog, database: Database, projections: readonly Projection[]): Promise<string[]> => {
  const parked = await new PostgresParkedEvents(database).waiting();
  const verdicts = await verify({ log, store: new ProjectionStore(database), clock: systemClock }, projections);
  return [
    ...parked.map(({ runner, eventType, error }) => `${runner} has set a ${eventType} aside: ${error}`),
    ...verdicts.filter(({ equal }) => !equal).map(({ name, tables }) => `read model ${name} differs from a rebuild: ${JSON.stringify(tables.flatMap(({ differences }) => differences))}`),
  ];
};
