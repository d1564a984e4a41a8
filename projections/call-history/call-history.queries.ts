import { streamOf } from '../../src/kernel/streams.js';
import type { Page, PageRequest } from '../../src/platform/http/pages.js';
import type { Queryable } from '../../src/platform/postgres/database.js';
import type { SealedRows } from '../../src/platform/privacy/sealed-text.js';
import { cursorKey, pageFrom } from '../shared/paging.js';
import { Conditions, rowsOf, selectList, type TenantDatabase } from '../shared/reading.js';
import { CALLS, callsTable, LEGS, legsTable, SEGMENTS, segmentsTable } from './call-history.tables.js';
import type { CallDetail, CallRecord, CallTotals, LegRecord, SegmentRecord } from './call-history.views.js';
import type { Disposition } from './disposition.js';
import type { BridgeView } from './leg-ends.js';

/** Which calls; what is left out does not narrow. `from` counts in, `to` does not (ISO 8601). */
export interface CallFilter {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** The instant that `from`, `to` and the order go by; default `started`. By `ended` only calls that have ended are found. */
  readonly by?: 'started' | 'ended' | undefined;
  /** Any stay in this queue, any contact with this agent. */
  readonly queueId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly disposition?: Disposition | undefined;
  readonly direction?: CallRecord['direction'] | undefined;
  /** A number of ours. */
  readonly numberId?: string | undefined;
  /** Who called or was called: the number exactly as recorded (nobody's once they are erased), or the person's opaque id. */
  readonly number?: string | undefined;
  readonly personId?: string | undefined;
  readonly interactionId?: string | undefined;
  readonly minDurationMs?: number | undefined;
  readonly transferred?: boolean | undefined;
  readonly held?: boolean | undefined;
  readonly confidence?: CallRecord['confidence'] | undefined;
  /** Calls that could not be heard in this gap of a media node. */
  readonly gapId?: string | undefined;
  /** true: only calls that have ended; false: only those that go on. */
  readonly ended?: boolean | undefined;
}

const LIST = 'call-history';
const EXPORT_PAGE = 1_000;
const CALL_COLUMNS = selectList(callsTable, 'c', ['bridges', 'last_dequeue', 'leg_ends', 'from_key', 'to_key']);
/** A number that nobody has, or of somebody who was erased, finds nothing. */
const NO_KEY = 'none';
const ofCall = ({ callId }: { readonly callId: string }): string => streamOf('call', callId);
const inSegment = (column: string) => (p: string) => `EXISTS (SELECT FROM ${SEGMENTS} s WHERE s.tenant_id = c.tenant_id AND s.call_id = c.call_id AND s.${column} = ${p})`;
const orderedBy = ({ by }: Pick<CallFilter, 'by'>): 'started_at' | 'ended_at' => (by === 'ended' ? 'ended_at' : 'started_at');

/** A filter whose `number` was looked up. */
type KeyedFilter = Omit<CallFilter, 'number'> & { readonly numberKey: string | undefined };

const conditionsOf = (tenantId: string, filter: KeyedFilter): Conditions => {
  const time = orderedBy(filter);
  const conditions = new Conditions()
    .where(tenantId, (p) => `c.tenant_id = ${p}`)
    .where(filter.from, (p) => `c.${time} >= ${p}::timestamptz`)
    .where(filter.to, (p) => `c.${time} < ${p}::timestamptz`)
    .where(filter.queueId, inSegment('queue_id'))
    .where(filter.agentId, inSegment('agent_id'))
    .where(filter.disposition, (p) => `c.disposition = ${p}`)
    .where(filter.direction, (p) => `c.direction = ${p}`)
    .where(filter.numberId, (p) => `c.number_id = ${p}`)
    .where(filter.numberKey, (p) => `(c.from_key = ${p} OR c.to_key = ${p})`)
    .where(filter.personId, (p) => `c.person_id = ${p}`)
    .where(filter.interactionId, (p) => `c.interaction_id = ${p}`)
    .where(filter.minDurationMs, (p) => `c.duration_ms >= ${p}`)
    .where(filter.transferred, (p) => `(jsonb_array_length(c.transfers) > 0) = ${p}`)
    .where(filter.held, (p) => `(c.holds > 0) = ${p}`)
    .where(filter.confidence, (p) => `c.confidence = ${p}`)
    .where(filter.gapId, (p) => `c.gaps @> jsonb_build_array(jsonb_build_object('gapId', ${p}::text))`)
    .where(filter.ended, (p) => `(c.ended_at IS NOT NULL) = ${p}`);
  return filter.by === 'ended' ? conditions.always('c.ended_at IS NOT NULL') : conditions;
};

const keyOf = (filter: Pick<CallFilter, 'by'>) => (call: CallRecord): readonly string[] => [(filter.by === 'ended' ? call.endedAt : call.startedAt) ?? call.startedAt, call.callId];

/** What a tenant's CDRs answer. */
export class CallHistoryQueries {
  constructor(
    private readonly database: TenantDatabase,
    private readonly sealed: SealedRows,
  ) {}

  /** Newest first. */
  async list(tenantId: string, filter: CallFilter, { limit, cursor }: PageRequest): Promise<Page<CallRecord>> {
    const after = cursorKey(`${LIST}:${orderedBy(filter)}`, cursor, ['instant', 'text']);
    const keyed = await this.keyed(tenantId, filter);
    const found = await this.database.tenantTransaction(tenantId, (tx) => this.page(tx, tenantId, keyed, limit + 1, after, '<'));
    return pageFrom(`${LIST}:${orderedBy(filter)}`, await this.sealed.open(found, ofCall), limit, keyOf(filter));
  }

  async one(tenantId: string, callId: string): Promise<CallDetail | undefined> {
    const values = [tenantId, callId];
    const found = await this.database.tenantTransaction(tenantId, async (tx): Promise<CallDetail | undefined> => {
      const [call] = await rowsOf<CallRecord & { readonly bridges: readonly BridgeView[] }>(tx, `SELECT ${CALL_COLUMNS}, c.bridges FROM ${CALLS} c WHERE c.tenant_id = $1 AND c.call_id = $2`, values);
      if (call === undefined) return undefined;
      const legs = await rowsOf<Omit<LegRecord, 'bridges'>>(tx, `SELECT ${selectList(legsTable, 'l', ['call_id'])} FROM ${LEGS} l WHERE l.tenant_id = $1 AND l.call_id = $2 ORDER BY l.created_at, l.leg_id COLLATE "C"`, values);
      const segments = await rowsOf<SegmentRecord>(tx, `SELECT ${selectList(segmentsTable, 's', ['call_id'])} FROM ${SEGMENTS} s WHERE s.tenant_id = $1 AND s.call_id = $2 ORDER BY s.started_at, s.segment_id COLLATE "C"`, values);
      const { bridges, ...record } = call;
      return { ...record, legs: legs.map((leg) => ({ ...leg, bridges: bridgesOf(bridges, leg.legId) })), segments };
    });
    return found === undefined ? undefined : (await this.sealed.open([found], ofCall))[0];
  }

  async totals(tenantId: string, filter: CallFilter): Promise<CallTotals> {
    const conditions = conditionsOf(tenantId, await this.keyed(tenantId, filter));
    const sums = ['duration_ms', 'wait_ms', 'ring_ms', 'talk_ms', 'hold_ms', 'wrap_up_ms'].map((column) => `coalesce(sum(c.${column}), 0)::float8 AS ${column}`).join(', ');
    const sql = `SELECT c.disposition, count(*)::int AS calls, (count(*) FILTER (WHERE jsonb_array_length(c.transfers) > 0))::int AS transferred, (count(*) FILTER (WHERE c.holds > 0))::int AS held,
      (count(*) FILTER (WHERE c.confidence = 'inferred'))::int AS inferred, ${sums} FROM ${CALLS} c WHERE ${conditions.sql} GROUP BY c.disposition ORDER BY c.disposition`;
    return this.database.tenantTransaction(tenantId, async (tx) => totalsOf(await rowsOf<TotalsRow>(tx, sql, conditions.values)));
  }

  /**
   * All calls of the filter, oldest first, a page at a time: nothing is held while the reader takes its
   * time, so a call that changes meanwhile is told as it is when its page is read.
   */
  async *all(tenantId: string, filter: CallFilter): AsyncGenerator<readonly CallRecord[]> {
    const keyed = await this.keyed(tenantId, filter);
    let after: readonly unknown[] | undefined;
    for (;;) {
      const last = after;
      const page = await this.sealed.open(await this.database.tenantTransaction(tenantId, (tx) => this.page(tx, tenantId, keyed, EXPORT_PAGE, last, '>')), ofCall);
      if (page.length > 0) yield page;
      const end = page.at(-1);
      if (end === undefined || page.length < EXPORT_PAGE) return;
      after = keyOf(filter)(end);
    }
  }

  /** Recordings of the calls in which any of these persons had a leg, or was who called or was called. */
  recordingsOf(tenantId: string, persons: readonly string[]): Promise<string[]> {
    const sql = `SELECT DISTINCT r.item ->> 'recordingId' AS id FROM ${CALLS} c CROSS JOIN LATERAL jsonb_array_elements(c.recordings) AS r(item)
      WHERE c.tenant_id = $1 AND c.call_id IN (SELECT p.call_id FROM ${CALLS} p WHERE p.tenant_id = $1 AND p.person_id = ANY ($2::text[]) UNION SELECT l.call_id FROM ${LEGS} l WHERE l.tenant_id = $1 AND l.person_id = ANY ($2::text[])) ORDER BY 1`;
    return this.database.tenantTransaction(tenantId, async (tx) => (await rowsOf<{ readonly id: string }>(tx, sql, [tenantId, persons])).map(({ id }) => id));
  }

  private async keyed(tenantId: string, { number, ...filter }: CallFilter): Promise<KeyedFilter> {
    return { ...filter, numberKey: number === undefined ? undefined : ((await this.sealed.keyOf(tenantId, number)) ?? NO_KEY) };
  }

  private page(tx: Queryable, tenantId: string, filter: KeyedFilter, limit: number, after: readonly unknown[] | undefined, direction: '<' | '>'): Promise<CallRecord[]> {
    const time = orderedBy(filter);
    const conditions = conditionsOf(tenantId, filter);
    if (after !== undefined) conditions.always(`(c.${time}, c.call_id) ${direction} (${conditions.parameter(after[0])}::timestamptz, ${conditions.parameter(after[1])})`);
    const order = direction === '<' ? 'DESC' : 'ASC';
    return rowsOf<CallRecord>(tx, `SELECT ${CALL_COLUMNS} FROM ${CALLS} c WHERE ${conditions.sql} ORDER BY c.${time} ${order}, c.call_id ${order} LIMIT ${conditions.parameter(limit)}`, conditions.values);
  }
}

interface TotalsRow {
  readonly disposition: Disposition | null;
  readonly calls: number;
  readonly transferred: number;
  readonly held: number;
  readonly inferred: number;
  readonly duration_ms: number;
  readonly wait_ms: number;
  readonly ring_ms: number;
  readonly talk_ms: number;
  readonly hold_ms: number;
  readonly wrap_up_ms: number;
}

const totalsOf = (rows: readonly TotalsRow[]): CallTotals => {
  const sum = (of: (row: TotalsRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  return {
    calls: sum(({ calls }) => calls),
    open: sum(({ disposition, calls }) => (disposition === null ? calls : 0)),
    dispositions: Object.fromEntries(rows.flatMap(({ disposition, calls }) => (disposition === null ? [] : [[disposition, calls]]))),
    transferred: sum(({ transferred }) => transferred),
    held: sum(({ held }) => held),
    inferred: sum(({ inferred }) => inferred),
    durationMs: sum(({ duration_ms }) => duration_ms),
    waitMs: sum(({ wait_ms }) => wait_ms),
    ringMs: sum(({ ring_ms }) => ring_ms),
    talkMs: sum(({ talk_ms }) => talk_ms),
    holdMs: sum(({ hold_ms }) => hold_ms),
    wrapUpMs: sum(({ wrap_up_ms }) => wrap_up_ms),
  };
};

const bridgesOf = (bridges: readonly BridgeView[], legId: string): LegRecord['bridges'] =>
  bridges.filter(({ legs }) => legs.includes(legId)).map(({ legs, from, to }) => ({ with: legs[0] === legId ? legs[1] : legs[0], from, to }));
