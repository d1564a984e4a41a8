import { invalid } from '../../src/kernel/checks.js';
import type { Queryable } from '../../src/platform/postgres/database.js';
import type { Engagement, Presence } from '../../src/routing/contract/routing-events.js';
import { isoSql, rowsOf, type TenantDatabase } from '../shared/reading.js';
import { callAfter, type CallAt, type CallChange } from './call-state.js';
import { AGENT_STATES, CALL_CHANGES, QUEUE_MEMBERSHIPS, QUEUE_WAITS } from './state-history.tables.js';

/**
 * `at`: what had happened by that time (ISO 8601, included). `asOf`: what was known by that position of the
 * log (decimal text, included). Both: what was known by then of what had happened by then. Neither: now.
 */
export interface When {
  readonly at?: string | undefined;
  readonly asOf?: string | undefined;
}

export interface AgentAt {
  readonly presence: Presence;
  readonly reason: string | null;
  readonly engagement: Engagement;
  readonly callId: string | null;
  readonly queueId: string | null;
  readonly shiftId: string;
  /** Time and position of the last event that counts here. */
  readonly lastEventAt: string;
  readonly position: string;
}

export interface QueueAt {
  /** Who waited, next first. */
  readonly waiting: readonly { readonly callId: string; readonly segmentId: string; readonly priority: number; readonly since: string; readonly enteredAt: string }[];
  /** The queue's agents in each state; those who had never signed in are signed out. */
  readonly agents: readonly { readonly agentId: string; readonly presence: Presence; readonly engagement: Engagement; readonly callId: string | null }[];
}

const NOW_AT = 'infinity';
const LAST_POSITION = '9223372036854775807';
const POSITION = /^\d{1,19}$/;

/** Parameters for `at` and `asOf`: the end of time and of the log where they are not given. */
const bounds = ({ at, asOf }: When): readonly [string, string] => {
  if (asOf !== undefined && (!POSITION.test(asOf) || BigInt(asOf) > BigInt(LAST_POSITION))) throw invalid('invalid-position', '`asOf` must be a position of the log, as a command answers it');
  return [at ?? NOW_AT, asOf ?? LAST_POSITION];
};

interface ChangeRow {
  readonly at: string;
  readonly change: CallChange;
}

/** How things were. Undefined: there was no such thing yet, as far as was known. */
export class StateHistoryQueries {
  constructor(private readonly database: TenantDatabase) {}

  async call(tenantId: string, callId: string, when: When): Promise<CallAt | undefined> {
    const [at, asOf] = bounds(when);
    // A call has few changes. What was learnt late counts from when it was.
    const sql = `SELECT ${isoSql('c.at')} AS at, c.change FROM ${CALL_CHANGES} c WHERE c.tenant_id = $1 AND c.call_id = $2 AND c.at <= $3::timestamptz AND c.position <= $4::bigint ORDER BY c.position`;
    const changes = await this.database.tenantTransaction(tenantId, (tx) => rowsOf<ChangeRow>(tx, sql, [tenantId, callId, at, asOf]));
    return callAfter(changes);
  }

  async agent(tenantId: string, agentId: string, when: When): Promise<AgentAt | undefined> {
    const [at, asOf] = bounds(when);
    const sql = `SELECT s.presence, s.reason, s.engagement, s.call_id AS "callId", s.queue_id AS "queueId", s.shift_id AS "shiftId", ${isoSql('s.at')} AS "lastEventAt", s.position::text AS position
      FROM ${AGENT_STATES} s WHERE s.tenant_id = $1 AND s.agent_id = $2 AND s.at <= $3::timestamptz AND s.position <= $4::bigint ORDER BY s.position DESC LIMIT 1`;
    return (await this.database.tenantTransaction(tenantId, (tx) => rowsOf<AgentAt>(tx, sql, [tenantId, agentId, at, asOf])))[0];
  }

  /** A queue that nobody ever entered or served reads as empty. */
  async queue(tenantId: string, queueId: string, when: When): Promise<QueueAt> {
    const values = [tenantId, queueId, ...bounds(when)];
    return this.database.tenantTransaction(tenantId, async (tx) => ({ waiting: await this.waiting(tx, values), agents: await this.agents(tx, values) }));
  }

  private waiting(tx: Queryable, values: readonly unknown[]): Promise<QueueAt['waiting'][number][]> {
    const sql = `SELECT w.call_id AS "callId", w.segment_id AS "segmentId", w.priority, ${isoSql('w.waiting_since')} AS since, ${isoSql('w.entered_at')} AS "enteredAt" FROM ${QUEUE_WAITS} w
      WHERE w.tenant_id = $1 AND w.queue_id = $2 AND w.entered_at <= $3::timestamptz AND w.entered_position <= $4::bigint AND NOT coalesce(w.left_at <= $3::timestamptz AND w.left_position <= $4::bigint, false)
      ORDER BY w.priority, w.waiting_since, w.entered_position`;
    return rowsOf(tx, sql, values);
  }

  private agents(tx: Queryable, values: readonly unknown[]): Promise<QueueAt['agents'][number][]> {
    const sql = `SELECT m.agent_id AS "agentId", coalesce(s.presence, 'signed-out') AS presence, coalesce(s.engagement, 'idle') AS engagement, s.call_id AS "callId"
      FROM (SELECT DISTINCT ON (agent_id) agent_id, member FROM ${QUEUE_MEMBERSHIPS} WHERE tenant_id = $1 AND queue_id = $2 AND at <= $3::timestamptz AND position <= $4::bigint ORDER BY agent_id, position DESC) m
      LEFT JOIN LATERAL (SELECT * FROM ${AGENT_STATES} a WHERE a.tenant_id = $1 AND a.agent_id = m.agent_id AND a.at <= $3::timestamptz AND a.position <= $4::bigint ORDER BY a.position DESC LIMIT 1) s ON true
      WHERE m.member ORDER BY m.agent_id COLLATE "C"`;
    return rowsOf(tx, sql, values);
  }
}
