import { streamOf } from '../../src/kernel/streams.js';
import type { Page, PageRequest } from '../../src/platform/http/pages.js';
import type { SealedRows } from '../../src/platform/privacy/sealed-text.js';
import type { AgentSettings, Engagement, Presence } from '../../src/routing/contract/routing-events.js';
import { cursorKey, pageFrom } from '../shared/paging.js';
import { Conditions, rowsOf, selectList, type TenantDatabase } from '../shared/reading.js';
import { BOARD, boardTable, INTERVALS, intervalsTable, MEMBERS } from './agent-board.tables.js';

/** An agent as the board shows them. Times ISO 8601 UTC. */
export interface AgentOnBoard {
  readonly agentId: string;
  readonly displayName: string | null;
  readonly retired: boolean;
  readonly presence: Presence;
  /** Why paused; null when not. */
  readonly reason: string | null;
  readonly engagement: Engagement;
  /** When this state began; null before the first sign-in. */
  readonly since: string | null;
  readonly callId: string | null;
  readonly queueId: string | null;
  readonly shiftId: string | null;
  readonly signedInAt: string | null;
  /** What the agent becomes when idle; null: no such wish. */
  readonly queuedPresence: Presence | null;
  readonly queuedReason: string | null;
  /** Since when the agent has had no contact, as the router counts it. */
  readonly idleSince: string | null;
  /** Left alone until then. */
  readonly readyAt: string | null;
  readonly wrapUpDueAt: string | null;
  /** In this shift. */
  readonly contacts: number;
  readonly missed: number;
  /** Offers not answered in a row. */
  readonly noAnswerCount: number;
  readonly queues: readonly string[];
}

export interface AgentFilter {
  /** Members of this queue. */
  readonly queueId?: string | undefined;
  readonly presence?: Presence | undefined;
  readonly engagement?: Engagement | undefined;
  /** Default false: agents who have been retired are left out. */
  readonly retired?: boolean | undefined;
}

export interface AgentInterval {
  readonly shiftId: string;
  readonly number: number;
  readonly agentId: string;
  readonly presence: Presence;
  readonly reason: string | null;
  readonly engagement: Engagement;
  readonly callId: string | null;
  readonly queueId: string | null;
  readonly fromAt: string;
  /** Null: the agent is still in this state. */
  readonly toAt: string | null;
  readonly durationMs: number | null;
}

export interface IntervalFilter {
  /** Intervals that touch the time from `from` to `to`; they are told whole. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly agentId?: string | undefined;
  readonly presence?: Presence | undefined;
  readonly engagement?: Engagement | undefined;
}

/** How many of a queue's agents are in which state now. */
export interface QueueAgents {
  readonly queueId: string;
  readonly members: number;
  readonly signedIn: number;
  /** Available and idle. */
  readonly ready: number;
  readonly onCall: number;
  readonly wrapUp: number;
  readonly paused: number;
}

const LIST = 'agent-board';
const INTERVAL_LIST = 'agent-intervals';
const QUEUES = `ARRAY(SELECT m.queue_id FROM ${MEMBERS} m WHERE m.tenant_id = b.tenant_id AND m.agent_id = b.agent_id ORDER BY m.queue_id COLLATE "C") AS queues`;
const BOARD_COLUMNS = `${selectList(boardTable, 'b', ['shift'])}, ${QUEUES}`;

/** The board of a tenant's agents, and what they did when. */
export class AgentBoardQueries {
  constructor(
    private readonly database: TenantDatabase,
    private readonly sealed: SealedRows,
  ) {}

  /** By agent id. */
  async list(tenantId: string, filter: AgentFilter, { limit, cursor }: PageRequest): Promise<Page<AgentOnBoard>> {
    const after = cursorKey(LIST, cursor, ['text']);
    const conditions = new Conditions()
      .where(tenantId, (p) => `b.tenant_id = ${p}`)
      .where(after?.[0], (p) => `b.agent_id COLLATE "C" > ${p}`)
      .where(filter.queueId, (p) => `EXISTS (SELECT FROM ${MEMBERS} m WHERE m.tenant_id = b.tenant_id AND m.queue_id = ${p} AND m.agent_id = b.agent_id)`)
      .where(filter.presence, (p) => `b.presence = ${p}`)
      .where(filter.engagement, (p) => `b.engagement = ${p}`)
      .where(filter.retired ?? false, (p) => `b.retired = ${p}`);
    const sql = `SELECT ${BOARD_COLUMNS} FROM ${BOARD} b WHERE ${conditions.sql} ORDER BY b.agent_id COLLATE "C" LIMIT ${conditions.parameter(limit + 1)}`;
    const found = await this.agents(tenantId, sql, conditions.values);
    return pageFrom(LIST, found, limit, ({ agentId }) => [agentId]);
  }

  async one(tenantId: string, agentId: string): Promise<AgentOnBoard | undefined> {
    const sql = `SELECT ${BOARD_COLUMNS} FROM ${BOARD} b WHERE b.tenant_id = $1 AND b.agent_id = $2`;
    const [found] = await this.agents(tenantId, sql, [tenantId, agentId]);
    return found;
  }

  /** For each queue that has members, by queue id. */
  perQueue(tenantId: string): Promise<QueueAgents[]> {
    const counted = (name: string, condition: string): string => `(count(*) FILTER (WHERE ${condition}))::int AS "${name}"`;
    const sql = `SELECT m.queue_id AS "queueId", count(*)::int AS members, ${counted('signedIn', `b.presence <> 'signed-out'`)}, ${counted('ready', `b.presence = 'available' AND b.engagement = 'idle'`)},
      ${counted('onCall', `b.engagement = 'on-call'`)}, ${counted('wrapUp', `b.engagement = 'wrap-up'`)}, ${counted('paused', `b.presence = 'paused'`)}
      FROM ${MEMBERS} m LEFT JOIN ${BOARD} b ON b.tenant_id = m.tenant_id AND b.agent_id = m.agent_id WHERE m.tenant_id = $1 GROUP BY m.queue_id ORDER BY m.queue_id COLLATE "C"`;
    return this.database.tenantTransaction(tenantId, (tx) => rowsOf<QueueAgents>(tx, sql, [tenantId]));
  }

  /** By their begin; what lasted no time is not there. */
  async intervals(tenantId: string, filter: IntervalFilter, { limit, cursor }: PageRequest): Promise<Page<AgentInterval>> {
    const after = cursorKey(INTERVAL_LIST, cursor, ['instant', 'text', 'integer']);
    const conditions = new Conditions()
      .where(tenantId, (p) => `i.tenant_id = ${p}`)
      .where(filter.from, (p) => `(i.to_at IS NULL OR i.to_at > ${p}::timestamptz)`)
      .where(filter.to, (p) => `i.from_at < ${p}::timestamptz`)
      .where(filter.agentId, (p) => `i.agent_id = ${p}`)
      .where(filter.presence, (p) => `i.presence = ${p}`)
      .where(filter.engagement, (p) => `i.engagement = ${p}`);
    if (after !== undefined) conditions.always(`(i.from_at, i.shift_id COLLATE "C", i.number) > (${conditions.parameter(after[0])}::timestamptz, ${conditions.parameter(after[1])}, ${conditions.parameter(after[2])}::int)`);
    const sql = `SELECT ${selectList(intervalsTable, 'i')} FROM ${INTERVALS} i WHERE ${conditions.sql} ORDER BY i.from_at, i.shift_id COLLATE "C", i.number LIMIT ${conditions.parameter(limit + 1)}`;
    const found = await this.database.tenantTransaction(tenantId, (tx) => rowsOf<AgentInterval>(tx, sql, conditions.values));
    return pageFrom(INTERVAL_LIST, found, limit, ({ fromAt, shiftId, number }) => [fromAt, shiftId, number]);
  }

  /** What the row keeps sealed are all settings; of these the name is shown. */
  private async agents(tenantId: string, sql: string, values: readonly unknown[]): Promise<AgentOnBoard[]> {
    type Kept = Omit<AgentOnBoard, 'displayName'> & { readonly displayName: string | AgentSettings | null };
    const rows = await this.sealed.open(await this.database.tenantTransaction(tenantId, (tx) => rowsOf<Kept>(tx, sql, values)), ({ agentId }) => streamOf('agent', agentId));
    return rows.map(({ displayName, ...row }) => ({ ...row, displayName: typeof displayName === 'object' ? (displayName?.displayName ?? null) : displayName }));
  }
}
