import { streamOf } from '../../src/kernel/streams.js';
import type { Page, PageRequest } from '../../src/platform/http/pages.js';
import type { SealedRows } from '../../src/platform/privacy/sealed-text.js';
import { cursorKey, pageFrom } from '../shared/paging.js';
import { Conditions, isoSql, rowsOf, selectList, type TenantDatabase } from '../shared/reading.js';
import { LIVE_CALLS, liveCallsTable, type LiveLegView } from './live-calls.projection.js';

/**
 * arrived: an inbound call that nothing was decided about yet. dialling, ringing: an outbound one.
 * answered: connected with nobody. queued; offered: still queued, and an agent is being asked. connecting:
 * out of the queue, not with the agent yet. talking, held. leaving: the contact or the stay in the queue is
 * over. unbridged: the legs were parted.
 */
export const LIVE_STATES = ['arrived', 'dialling', 'ringing', 'answered', 'queued', 'offered', 'connecting', 'talking', 'held', 'leaving', 'unbridged'] as const;
export type LiveState = (typeof LIVE_STATES)[number];

/** A call that goes on. Times ISO 8601 UTC. */
export interface LiveCall {
  readonly callId: string;
  readonly interactionId: string;
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly nodeId: string;
  readonly numberId: string | null;
  readonly fromNumber: string;
  readonly fromName: string;
  readonly toNumber: string;
  readonly state: LiveState;
  readonly stateSince: string;
  readonly startedAt: string;
  readonly answeredAt: string | null;
  /** The queue in which the caller waits, or waited last. */
  readonly queueId: string | null;
  /** While waiting: the stay, its priority (1 first), and since when the wait counts. */
  readonly segmentId: string | null;
  readonly priority: number | null;
  readonly waitingSince: string | null;
  /** The agent in contact with the caller; the one who is being asked. */
  readonly agentId: string | null;
  readonly offeredAgentId: string | null;
  readonly offeredAt: string | null;
  readonly legs: readonly LiveLegView[];
}

export interface LiveCallFilter {
  readonly queueId?: string | undefined;
  /** In contact with the agent, or being offered to them. */
  readonly agentId?: string | undefined;
  readonly state?: LiveState | undefined;
  readonly direction?: LiveCall['direction'] | undefined;
  /** true: only callers who wait in a queue. */
  readonly waiting?: boolean | undefined;
}

/** A queue as the live board shows it. */
export interface LiveQueue {
  readonly queueId: string;
  readonly waiting: number;
  /** Of these, being offered to an agent. */
  readonly offered: number;
  /** In contact with an agent, on hold included. */
  readonly talking: number;
  /** Since when the longest waiting has waited; null where nobody waits. */
  readonly longestSince: string | null;
}

const LIST = 'live-calls';
const STATE = `CASE WHEN c.state = 'queued' AND c.offered_agent_id IS NOT NULL THEN 'offered' ELSE c.state END`;
const SINCE = isoSql(`CASE WHEN c.state = 'queued' AND c.offered_agent_id IS NOT NULL THEN c.offered_at ELSE c.state_since END`);
const COLUMNS = `${selectList(liveCallsTable, 'c', ['state', 'state_since', 'queue_order'])}, ${STATE} AS state, ${SINCE} AS "stateSince"`;
const WAITING = 'c.segment_id IS NOT NULL';

/** The calls of a tenant that go on. */
export class LiveCallsQueries {
  constructor(
    private readonly database: TenantDatabase,
    private readonly sealed: SealedRows,
  ) {}

  /** In the order in which they began. */
  async list(tenantId: string, filter: LiveCallFilter, { limit, cursor }: PageRequest): Promise<Page<LiveCall>> {
    const after = cursorKey(LIST, cursor, ['instant', 'text']);
    const conditions = new Conditions()
      .where(tenantId, (p) => `c.tenant_id = ${p}`)
      .where(filter.queueId, (p) => `c.queue_id = ${p}`)
      .where(filter.agentId, (p) => `(c.agent_id = ${p} OR c.offered_agent_id = ${p})`)
      .where(filter.state, (p) => `${STATE} = ${p}`)
      .where(filter.direction, (p) => `c.direction = ${p}`)
      .where(filter.waiting, (p) => `(${WAITING}) = ${p}`);
    if (after !== undefined) conditions.always(`(c.started_at, c.call_id) > (${conditions.parameter(after[0])}::timestamptz, ${conditions.parameter(after[1])})`);
    const sql = `SELECT ${COLUMNS} FROM ${LIVE_CALLS} c WHERE ${conditions.sql} ORDER BY c.started_at, c.call_id LIMIT ${conditions.parameter(limit + 1)}`;
    const found = await this.read(tenantId, sql, conditions.values);
    return pageFrom(LIST, found, limit, ({ startedAt, callId }) => [startedAt, callId]);
  }

  /** Undefined once the call has ended: then it is in the call history. */
  async one(tenantId: string, callId: string): Promise<LiveCall | undefined> {
    const sql = `SELECT ${COLUMNS} FROM ${LIVE_CALLS} c WHERE c.tenant_id = $1 AND c.call_id = $2`;
    return (await this.read(tenantId, sql, [tenantId, callId]))[0];
  }

  /** Who waits in the queue, next first: by priority, then by how long, then by who came first. */
  waitingIn(tenantId: string, queueId: string, limit: number): Promise<LiveCall[]> {
    const sql = `SELECT ${COLUMNS} FROM ${LIVE_CALLS} c WHERE c.tenant_id = $1 AND c.queue_id = $2 AND ${WAITING} ORDER BY c.priority, c.waiting_since, c.queue_order LIMIT $3`;
    return this.read(tenantId, sql, [tenantId, queueId, limit]);
  }

  /** Queues with calls, by queue id. */
  perQueue(tenantId: string): Promise<LiveQueue[]> {
    const sql = `SELECT c.queue_id AS "queueId", (count(*) FILTER (WHERE ${WAITING}))::int AS waiting, (count(*) FILTER (WHERE ${WAITING} AND c.offered_agent_id IS NOT NULL))::int AS offered,
      (count(*) FILTER (WHERE c.agent_id IS NOT NULL))::int AS talking, ${isoSql('min(c.waiting_since)')} AS "longestSince"
      FROM ${LIVE_CALLS} c WHERE c.tenant_id = $1 AND c.queue_id IS NOT NULL GROUP BY c.queue_id ORDER BY c.queue_id COLLATE "C"`;
    return this.database.tenantTransaction(tenantId, (tx) => rowsOf<LiveQueue>(tx, sql, [tenantId]));
  }

  private async read(tenantId: string, sql: string, values: readonly unknown[]): Promise<LiveCall[]> {
    return this.sealed.open(await this.database.tenantTransaction(tenantId, (tx) => rowsOf<LiveCall>(tx, sql, values)), ({ callId }) => streamOf('call', callId));
  }
}
