import { invalid } from '../../src/kernel/checks.js';
import { msOf } from '../../src/kernel/clock.js';
import { Conditions, isoSql, rowsOf, type TenantDatabase } from '../shared/reading.js';
import type { Figure } from '../shared/figures.js';
import { figuresOf, type FormulaId, type QueueCounts, type ThresholdsUsed } from './formulas.js';
import { ENTRIES, OFFERS } from './queue-statistics.tables.js';

export type Grouping = 'interval' | 'hour' | 'day' | 'whole';

export interface StatisticsRequest {
  /** Queue entries from `from` (counts in) to `to` (does not). ISO 8601. */
  readonly from: string;
  readonly to: string;
  readonly queueId?: string | undefined;
  /** `interval`: 15 minutes of UTC; hours and days begin as the time zone says. Default `whole`. */
  readonly groupBy?: Grouping | undefined;
  /** IANA name; default UTC. */
  readonly timeZone?: string | undefined;
  /** true: one row for all queues together instead of one for each. */
  readonly together?: boolean | undefined;
  /** Thresholds x and y in seconds; default: each entry's own, as its queue was configured then. */
  readonly serviceLevelSeconds?: number | undefined;
  readonly shortAbandonSeconds?: number | undefined;
}

export interface QueueStatistics {
  /** Null where all queues are counted together. */
  readonly queueId: string | null;
  readonly from: string;
  readonly to: string;
  /** All figures count at the time of the queue entry. */
  readonly attributedTo: 'queue-entry';
  readonly thresholds: ThresholdsUsed;
  readonly counts: QueueCounts;
  readonly figures: Readonly<Record<FormulaId, Figure>>;
}

export interface WaitingNow {
  readonly queueId: string;
  readonly waiting: number;
  /** Since when the longest waiting has waited, ISO 8601 UTC; their wait in other queues included. */
  readonly longestSince: string;
}

const DAY_MS = 86_400_000;
const LONGEST_DAYS: Readonly<Record<Grouping, number>> = { interval: 92, hour: 366, day: 3_660, whole: 36_600 };

const check = ({ from, to, groupBy = 'whole', timeZone = 'UTC' }: StatisticsRequest): void => {
  const length = msOf(to) - msOf(from);
  if (!(length > 0)) throw invalid('invalid-range', '`from` must be before `to`, both ISO 8601 times');
  if (length > LONGEST_DAYS[groupBy] * DAY_MS) throw invalid('range-too-long', `grouped by ${groupBy}, at most ${LONGEST_DAYS[groupBy]} days can be asked for; take a larger grouping or a shorter time`);
  try {
    // What begins with a sign PostgreSQL would read the other way round.
    if (!/^[A-Za-z]/.test(timeZone)) throw new RangeError();
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw invalid('invalid-time-zone', `"${timeZone}" is no time zone; use an IANA name such as Europe/Berlin`);
  }
};

const bucketSql = (groupBy: Grouping, column: string, from: string, zone: string): string => {
  if (groupBy === 'whole') return `${from}::timestamptz`;
  return groupBy === 'interval' ? `date_bin('15 minutes', ${column}, '2000-01-01T00:00:00Z')` : `date_trunc('${groupBy}', ${column}, ${zone})`;
};

const bucketEndSql = (groupBy: Grouping, to: string, zone: string): string => {
  if (groupBy === 'whole') return `${to}::timestamptz`;
  if (groupBy === 'day') return `((e.bucket AT TIME ZONE ${zone}) + interval '1 day') AT TIME ZONE ${zone}`;
  return `e.bucket + interval '${groupBy === 'hour' ? '1 hour' : '15 minutes'}'`;
};

const count = (name: string, condition: string): string => `count(*) FILTER (WHERE ${condition})::int AS "${name}"`;
const sum = (name: string, column: string, condition = 'true'): string => `coalesce(sum(${column}) FILTER (WHERE ${condition}), 0)::float8 AS "${name}"`;

const ANSWERED = `reason = 'answered'`;
const ABANDONED = `reason = 'abandoned'`;
const OVERFLOWED = '(overflow_queue_id IS NOT NULL)';
const TIMED_OUT = `reason = 'max-wait'`;
const COMPLETE = '(contact_ended_at IS NOT NULL AND (wrap_up_due_ms = 0 OR wrap_up_ended_at IS NOT NULL))';

/** $x and $y: thresholds in seconds, null for each entry's own. */
const entryCounts = (x: string, y: string): string => {
  const withinX = `wait_ms <= 1000::bigint * coalesce(${x}::int, service_level_seconds)`;
  const withinY = `wait_ms <= 1000::bigint * coalesce(${y}::int, short_abandon_seconds)`;
  return [
    `count(*)::int AS "offered"`,
    count('answered', ANSWERED), count('abandoned', ABANDONED), count('shortAbandoned', `${ABANDONED} AND ${withinY}`), count('answeredWithin', `${ANSWERED} AND ${withinX}`), count('abandonedWithin', `${ABANDONED} AND ${withinX}`),
    count('overflowed', OVERFLOWED), count('timedOut', `${TIMED_OUT} AND NOT ${OVERFLOWED}`),
    count('otherwise', `reason IS NOT NULL AND NOT (${ANSWERED} OR ${ABANDONED} OR ${TIMED_OUT} OR ${OVERFLOWED})`), count('waiting', 'reason IS NULL'),
    sum('waitMs', 'wait_ms'), sum('answeredWaitMs', 'wait_ms', ANSWERED), sum('abandonedWaitMs', 'wait_ms', ABANDONED), `coalesce(max(wait_ms), 0)::float8 AS "maxWaitMs"`,
    `array_remove(array_agg(DISTINCT coalesce(${x}::int, service_level_seconds)), NULL) AS "serviceLevelSeconds"`, `array_remove(array_agg(DISTINCT coalesce(${y}::int, short_abandon_seconds)), NULL) AS "shortAbandonSeconds"`,
  ].join(', ');
};

const OFFER_COUNTS = [
  `count(*)::int AS "offers"`, count('noAnswers', `outcome = 'no-answer'`), count('failedOffers', `outcome IN ('busy', 'rejected', 'unreachable', 'expired', 'refused', 'declined')`), sum('ringMs', 'ring_ms'),
  count('contacts', 'contact_started_at IS NOT NULL'), count('endedContacts', 'contact_ended_at IS NOT NULL'), count('completeContacts', COMPLETE),
  sum('handleMs', 'talk_ms + hold_ms + coalesce(wrap_up_ms, 0)', COMPLETE), sum('talkMs', 'talk_ms'), sum('holdMs', 'hold_ms'), sum('wrapUpMs', 'wrap_up_ms'),
].join(', ');
const OFFER_NAMES = ['offers', 'noAnswers', 'failedOffers', 'ringMs', 'contacts', 'endedContacts', 'completeContacts', 'handleMs', 'talkMs', 'holdMs', 'wrapUpMs'];

type StatisticsRow = QueueCounts & ThresholdsUsed & Pick<QueueStatistics, 'queueId' | 'from' | 'to'>;

/** What a tenant's queues achieved. */
export class QueueStatisticsQueries {
  constructor(private readonly database: TenantDatabase) {}

  /** In order of time, then queue; a group without a queue entry is not there. Throws DomainError where the request is wrong. */
  async statistics(tenantId: string, request: StatisticsRequest): Promise<QueueStatistics[]> {
    check(request);
    const { groupBy = 'whole', together = false } = request;
    const conditions = new Conditions();
    const [from, to, zone, x, y] = [request.from, request.to, request.timeZone ?? 'UTC', request.serviceLevelSeconds ?? null, request.shortAbandonSeconds ?? null].map((value) => conditions.parameter(value)) as [string, string, string, string, string];
    conditions.where(tenantId, (p) => `tenant_id = ${p}`).always(`entered_at >= ${from}::timestamptz AND entered_at < ${to}::timestamptz`).where(request.queueId, (p) => `queue_id = ${p}`);
    const groups = `${together ? 'NULL::text' : 'queue_id'} AS queue_id, ${bucketSql(groupBy, 'entered_at', from, zone)} AS bucket`;
    const sql = `WITH e AS (SELECT ${groups}, ${entryCounts(x, y)} FROM ${ENTRIES} WHERE ${conditions.sql} GROUP BY 1, 2),
      o AS (SELECT ${groups}, ${OFFER_COUNTS} FROM ${OFFERS} WHERE ${conditions.sql} GROUP BY 1, 2)
      SELECT e.*, ${OFFER_NAMES.map((name) => `coalesce(o."${name}", 0) AS "${name}"`).join(', ')}, e.queue_id AS "queueId", ${isoSql('e.bucket')} AS "from", ${isoSql(bucketEndSql(groupBy, to, zone))} AS "to", ${zone}::text AS zone
      FROM e LEFT JOIN o ON o.bucket = e.bucket AND o.queue_id IS NOT DISTINCT FROM e.queue_id ORDER BY e.bucket, e.queue_id COLLATE "C"`;
    const found = await this.database.tenantTransaction(tenantId, (tx) => rowsOf<StatisticsRow & { bucket: unknown; queue_id: unknown; zone: unknown }>(tx, sql, conditions.values));
    return found.map(({ bucket: _bucket, queue_id: _queue, zone: _zone, queueId, from: start, to: end, serviceLevelSeconds, shortAbandonSeconds, ...counts }) => {
      const thresholds = { serviceLevelSeconds, shortAbandonSeconds };
      return { queueId, from: start, to: end, attributedTo: 'queue-entry', thresholds, counts, figures: figuresOf(counts, thresholds) };
    });
  }

  /** Queues in which somebody waits, by queue id. */
  waitingNow(tenantId: string): Promise<WaitingNow[]> {
    const sql = `SELECT queue_id AS "queueId", count(*)::int AS waiting, ${isoSql('min(waiting_since)')} AS "longestSince" FROM ${ENTRIES} WHERE tenant_id = $1 AND ended_at IS NULL GROUP BY queue_id ORDER BY queue_id COLLATE "C"`;
    return this.database.tenantTransaction(tenantId, (tx) => rowsOf<WaitingNow>(tx, sql, [tenantId]));
  }
}
