import { type Projection, projectionLease } from '../../platform/subscriptions/projection.js';
import type { Clock } from '../../kernel/clock.js';
import { msOf } from '../../kernel/clock.js';
import type { Database } from '../../platform/postgres/database.js';
import { PostgresParkedEvents } from '../../platform/postgres/parked-events.js';
import { ProjectionStore } from '../../platform/subscriptions/projection-store.js';
import type { ReachedLog } from './servers.js';
import { agoText, type Report } from './report.js';

/** A consumer that is behind for longer than this is stuck or too slow. */
const LATE_MS = 60_000;

export interface LeaseRow {
  readonly name: string;
  readonly holder: string;
  readonly epoch: string;
  readonly live: boolean;
  readonly ago_ms: number;
}

/** Who does what now. */
export const tellLeases = async (report: Report, database: Database): Promise<readonly LeaseRow[]> => {
  report.section('Who does what (leases)');
  const { rows } = await database.query<LeaseRow>(
    `SELECT name, holder, epoch::text, expires_at > clock_timestamp() AS live, (extract(epoch FROM clock_timestamp() - expires_at) * 1000)::float8 AS ago_ms FROM trunkline_leases ORDER BY name`,
  );
  for (const { name, holder, epoch, live, ago_ms } of rows) report.fact(name, live ? `${holder} (epoch ${epoch})` : `nobody for ${agoText(ago_ms)}; last ${holder}`);
  if (!rows.some(({ live }) => live)) {
    report.problem('nobody-runs', 'no process of Trunkline runs on this database', 'start one: npm start');
    return rows;
  }
  const shown = new Set((await new ProjectionStore(database).states()).filter(({ active }) => active).map(projectionLease));
  for (const { name, live } of rows) {
    // A node may have been retired (those that are there are told of one by one), a version of a read model replaced.
    const needed = name.startsWith('projections/') ? shown.has(name) : !name.startsWith('node/');
    if (!live && needed) report.problem('lease-without-holder', `nobody does ${name}`, `start a process with the role ${name.startsWith('projections/') ? 'worker' : 'telephony'}, and look at its log`);
  }
  return rows;
};

interface Behind {
  readonly text: string;
  readonly late: boolean;
}

const behind = async ({ store, head }: ReachedLog, clock: Clock, position: bigint): Promise<Behind> => {
  if (position >= head) return { text: 'has everything', late: false };
  const [next] = await store.readAll({ after: position, maxCount: 1 });
  if (next === undefined) return { text: 'has everything', late: false };
  const waits = Math.max(0, clock.now() - msOf(next.recordedAt));
  return { text: `${store.densePositions ? `${head - position} event${head - position === 1n ? '' : 's'} ` : ''}behind, the oldest waits for ${agoText(waits)}`, late: waits > LATE_MS };
};

/** How far processes, timers and read models have got in the log. */
export const tellConsumers = async (report: Report, database: Database, log: ReachedLog, models: readonly Projection[], clock: Clock, running: boolean): Promise<void> => {
  const tell = async (name: string, position: bigint, logId: string, remark: string, todo: string): Promise<void> => {
    if (logId !== log.logId) {
      report.fact(name, `at position ${position} of log ${logId}`);
      report.problem('other-log', `${name} belongs to another log (${logId})`, 'connect to that log, or carry it over with: trunkline log copy --move-checkpoints');
      return;
    }
    if (position > log.head) {
      report.fact(name, `at position ${position}, ahead of the log`);
      report.problem('ahead-of-log', `${name} is ahead of the log: at ${position} of ${log.head}`, 'the log was restored to an earlier moment than this database: restore the database to that moment too, before anything is started');
      return;
    }
    const { text, late } = await behind(log, clock, position);
    report.fact(name, `position ${position}, ${text}${remark}`);
    if (late && running) report.problem('consumer-late', `${name} is late: ${text}`, todo);
  };
  report.section('Processes and timers');
  const { rows } = await database.query<{ name: string; position: string; log_id: string }>('SELECT name, position::text, log_id FROM trunkline_checkpoints ORDER BY name');
  for (const { name, position, log_id: logId } of rows) await tell(name, BigInt(position), logId, '', 'look at the log of the process that does it, and at: trunkline parked list');
  report.section('Read models');
  const states = await new ProjectionStore(database).states();
  for (const model of models) {
    const versions = states.filter(({ name }) => name === model.name);
    if (versions.every(({ version }) => version !== model.version)) report.fact(`${model.name} v${model.version}`, 'not built yet; a process with the role worker builds it');
    for (const { version, position, logId, active } of versions) {
      const remark = active ? '' : version < model.version ? '; not served any more' : '; being built, not served yet';
      await tell(`${model.name} v${version}`, position, logId, remark, `look at the log of the worker; a read model can be built anew with: trunkline rebuild ${model.name}`);
    }
  }
};

/** Events that were set aside. */
export const tellParked = async (report: Report, database: Database): Promise<void> => {
  report.section('Parked events');
  const waiting = await new PostgresParkedEvents(database).waiting();
  if (waiting.length === 0) report.fact('waiting', 'none');
  for (const runner of new Set(waiting.map((event) => event.runner))) {
    const events = waiting.filter((event) => event.runner === runner);
    const cause = events.find(({ error }) => error !== '')?.error ?? '';
    report.problem('events-parked', `${runner} has set ${events.length} events aside: ${cause}`, `see them with: trunkline parked list. Once the cause is removed: trunkline parked retry '${runner}'`);
  }
};
