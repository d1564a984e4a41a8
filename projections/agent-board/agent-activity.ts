import { type Figure, ratio } from '../shared/figures.js';
import { rowsOf, type TenantDatabase } from '../shared/reading.js';
import { INTERVALS, MEMBERSHIPS, NOTED } from './agent-board.tables.js';

/** Time range; `now` is where states that still last are cut off. ISO 8601. */
export interface ActivityRequest {
  readonly from: string;
  readonly to: string;
  readonly now: string;
  readonly agentId?: string | undefined;
  readonly queueId?: string | undefined;
}

/** How long somebody was in which state, ms. Of states that overlap the range only the part within it counts. */
export interface Activity {
  readonly signedInMs: number;
  readonly availableMs: number;
  readonly pausedMs: number;
  readonly pausedMsByReason: Readonly<Record<string, number>>;
  /** Available and without anything to do. */
  readonly idleMs: number;
  /** Reserved for an offer, or the phone ringing. */
  readonly offeredMs: number;
  /** Talk and hold. */
  readonly onCallMs: number;
  readonly wrapUpMs: number;
  /** The agents' own calls: neither handle time nor idle. */
  readonly ownCallMs: number;
  readonly handleMs: number;
  /** `occupancy`: handle / (handle + idle). Time being offered a call and pauses are in neither. */
  readonly occupancy: Figure;
  /** `utilisation`: handle / signed in. */
  readonly utilisation: Figure;
}

export interface AgentActivity extends Activity {
  readonly agentId: string;
}

/** Of all agents for as long as they were members of the queue, whatever queue they worked for. */
export interface QueueActivity extends Activity {
  readonly queueId: string;
  readonly agents: number;
  /** Part of the handle time that went to contacts of this queue. */
  readonly queueHandleMs: number;
}

interface Sums {
  readonly id: string;
  readonly presence: string;
  readonly reason: string | null;
  readonly engagement: string;
  readonly ms: number;
  readonly ownMs: number;
}

/** Of each interval the part within the range. */
const WITHIN = `SELECT i.shift_id, i.agent_id, i.presence, i.reason, i.engagement, i.queue_id, tstzrange(greatest(i.from_at, $2::timestamptz), least(coalesce(i.to_at, $4::timestamptz), $3::timestamptz)) AS span
  FROM ${INTERVALS} i
  WHERE i.tenant_id = $1 AND i.from_at < least($3::timestamptz, $4::timestamptz) AND (i.to_at IS NULL OR i.to_at > $2::timestamptz) AND $2::timestamptz < $4::timestamptz`;

/** Who was on a call that nobody heard until it was over was so in truth, whatever else was believed then. */
const UNHEARD = `SELECT n.shift_id, n.queue_id, tstzrange(n.from_at, n.to_at) AS span FROM ${NOTED} n WHERE n.tenant_id = $1 AND n.from_at < n.to_at AND n.from_at < $3::timestamptz AND n.to_at > $2::timestamptz`;

const CLIPPED = `WITH w AS (${WITHIN}), u AS (${UNHEARD}), pieces AS (
    SELECT w.agent_id, w.presence, w.reason, w.engagement, w.queue_id, unnest(tstzmultirange(w.span) - coalesce(o.spans, '{}'::tstzmultirange)) AS span
      FROM w LEFT JOIN LATERAL (SELECT range_agg(u.span) AS spans FROM u WHERE u.shift_id = w.shift_id AND w.engagement <> 'on-call') o ON true
    UNION ALL
    SELECT w.agent_id, w.presence, w.reason, 'on-call', u.queue_id, w.span * u.span FROM w JOIN u ON u.shift_id = w.shift_id AND u.span && w.span WHERE w.engagement <> 'on-call')
  SELECT p.* FROM pieces p`;

const msOf = (span: string): string => `(extract(epoch FROM upper(${span}) - lower(${span})) * 1000)`;

/** When who was a member of which queue, as far as it overlaps the range. */
const MEMBERS_THEN = `SELECT s.queue_id, s.agent_id, p.period FROM ${MEMBERSHIPS} s,
    LATERAL (SELECT tstzrange((e->>'from')::timestamptz, (e->>'to')::timestamptz) AS period FROM jsonb_array_elements(s.periods) e) p
  WHERE s.tenant_id = $1 AND ($6::text IS NULL OR s.queue_id = $6) AND p.period && tstzrange($2::timestamptz, $3::timestamptz)`;

const PER_AGENT = `SELECT c.agent_id AS id, c.presence, c.reason, c.engagement, sum(${msOf('c.span')})::float8 AS ms, 0::float8 AS "ownMs" FROM (${CLIPPED}) c
  WHERE ($5::text IS NULL OR c.agent_id = $5) AND ($6::text IS NULL OR c.agent_id IN (SELECT m.agent_id FROM (${MEMBERS_THEN}) m))
  GROUP BY 1, 2, 3, 4 ORDER BY c.agent_id COLLATE "C", 2, 3, 4`;

const OF_QUEUES = `(${CLIPPED}) c JOIN (${MEMBERS_THEN}) m ON m.agent_id = c.agent_id AND m.period && c.span WHERE ($5::text IS NULL OR c.agent_id = $5)`;

const PER_QUEUE = `SELECT m.queue_id AS id, c.presence, c.reason, c.engagement, sum(${msOf('(c.span * m.period)')})::float8 AS ms,
    coalesce(sum(${msOf('(c.span * m.period)')}) FILTER (WHERE c.queue_id = m.queue_id), 0)::float8 AS "ownMs"
  FROM ${OF_QUEUES} GROUP BY 1, 2, 3, 4 ORDER BY m.queue_id COLLATE "C", 2, 3, 4`;

const AGENTS_PER_QUEUE = `SELECT m.queue_id AS id, count(DISTINCT c.agent_id)::int AS agents FROM ${OF_QUEUES} GROUP BY 1`;

const HANDLE: ReadonlySet<string> = new Set(['on-call', 'wrap-up']);

const activityOf = (sums: readonly Sums[]): Activity => {
  const ms = (counts: (sum: Sums) => boolean): number => sums.filter(counts).reduce((total, sum) => total + sum.ms, 0);
  const pausedMsByReason: Record<string, number> = {};
  for (const { presence, reason, ms: each } of sums) if (presence === 'paused') pausedMsByReason[reason ?? ''] = (pausedMsByReason[reason ?? ''] ?? 0) + each;
  const signedInMs = ms(() => true);
  const handleMs = ms(({ engagement }) => HANDLE.has(engagement));
  const idleMs = ms(({ presence, engagement }) => presence === 'available' && engagement === 'idle');
  return {
    signedInMs,
    availableMs: ms(({ presence }) => presence === 'available'),
    pausedMs: ms(({ presence }) => presence === 'paused'),
    pausedMsByReason,
    idleMs,
    offeredMs: ms(({ engagement }) => engagement === 'reserved' || engagement === 'ringing'),
    onCallMs: ms(({ engagement }) => engagement === 'on-call'),
    wrapUpMs: ms(({ engagement }) => engagement === 'wrap-up'),
    ownCallMs: ms(({ engagement }) => engagement === 'own-call'),
    handleMs,
    occupancy: ratio('occupancy', handleMs, handleMs + idleMs),
    utilisation: ratio('utilisation', handleMs, signedInMs),
  };
};

const grouped = (rows: readonly Sums[]): ReadonlyMap<string, Sums[]> => {
  const groups = new Map<string, Sums[]>();
  for (const row of rows) groups.set(row.id, [...(groups.get(row.id) ?? []), row]);
  return groups;
};

/** What agents did in a time, from the intervals of their states. */
export class AgentActivityQueries {
  constructor(private readonly database: TenantDatabase) {}

  /** For each agent with a shift in the range, by agent id. */
  async perAgent(tenantId: string, request: ActivityRequest): Promise<AgentActivity[]> {
    const rows = await this.database.tenantTransaction(tenantId, (tx) => rowsOf<Sums>(tx, PER_AGENT, this.values(tenantId, request)));
    return [...grouped(rows)].map(([agentId, sums]) => ({ agentId, ...activityOf(sums) }));
  }

  /** For each queue with an agent who was a member and had a shift at a time of the range, by queue id. An agent of several queues counts in each. */
  async perQueue(tenantId: string, request: ActivityRequest): Promise<QueueActivity[]> {
    const values = this.values(tenantId, request);
    return this.database.tenantTransaction(tenantId, async (tx) => {
      const rows = await rowsOf<Sums>(tx, PER_QUEUE, values);
      const agents = new Map((await rowsOf<{ id: string; agents: number }>(tx, AGENTS_PER_QUEUE, values)).map((row) => [row.id, row.agents]));
      return [...grouped(rows)].map(([queueId, sums]) => ({
        queueId,
        agents: agents.get(queueId) ?? 0,
        queueHandleMs: sums.filter(({ engagement }) => HANDLE.has(engagement)).reduce((total, { ownMs }) => total + ownMs, 0),
        ...activityOf(sums),
      }));
    });
  }

  private values(tenantId: string, { from, to, now, agentId, queueId }: ActivityRequest): readonly unknown[] {
    return [tenantId, from, to, now, agentId ?? null, queueId ?? null];
  }
}
