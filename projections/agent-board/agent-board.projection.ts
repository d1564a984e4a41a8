import type { Json, Recorded, RecordedEvent } from '../../src/kernel/event.js';
import type { Projection, Row, RowKey, Rows } from '../../src/platform/subscriptions/projection.js';
import type { AgentEvent, AgentSettings, AgentShiftEvent, QueueEvent } from '../../src/routing/contract/routing-events.js';
import { elapsedMs, numberOf } from '../shared/fold.js';
import { agentStateOf, type AgentStateView, evolveShiftView, sameAgentState, SHIFT_EVENTS, type ShiftView } from '../shared/shift-view.js';
import { BOARD, boardTable, INTERVALS, intervalsTable, MEMBERS, MEMBERSHIPS, membershipsTable, membersTable, NOTED, notedTable } from './agent-board.tables.js';

type Configured = Extract<AgentEvent, { type: 'AgentCreated' | 'AgentConfigured' | 'AgentRetired' }>;
type Membership = Extract<QueueEvent, { type: 'AgentJoinedQueue' | 'AgentLeftQueue' }>;
type Told = Configured | Membership | AgentShiftEvent;

const SHIFT_TYPES: ReadonlySet<string> = new Set(SHIFT_EVENTS);
const isOfShift = (event: Recorded<Told>): event is Recorded<AgentShiftEvent> => SHIFT_TYPES.has(event.type);

/** Sealed settings, and an erased person's, are a text; who reads the row opens it. */
const nameOf = (settings: AgentSettings | string): string => (typeof settings === 'string' ? settings : settings.displayName);

const NEW_AGENT: Row = { retired: false, presence: 'signed-out', engagement: 'idle', contacts: 0, missed: 0, no_answer_count: 0 };

/**
 * Each agent's state now, and every state that they were in, from the ordered stream of each shift. An
 * interval is numbered by the event that began it, or that last touched it without changing what shows.
 */
export const agentBoard: Projection = {
  name: 'agent-board',
  version: 4,
  eventTypes: ['AgentCreated', 'AgentConfigured', 'AgentRetired', 'AgentJoinedQueue', 'AgentLeftQueue', ...SHIFT_EVENTS],
  tables: [boardTable, membersTable, membershipsTable, intervalsTable, notedTable],
  keys(recorded: RecordedEvent): RowKey[] {
    const event = recorded as Recorded<Told>;
    const { tenantId } = event.metadata;
    const { agentId } = event.data;
    if (event.type === 'AgentJoinedQueue' || event.type === 'AgentLeftQueue') return [MEMBERS, MEMBERSHIPS].map((table) => ({ table, key: [tenantId, event.data.queueId, agentId] }));
    const board = { table: BOARD, key: [tenantId, agentId] };
    if (!isOfShift(event)) return [board];
    const number = Number(event.revision);
    const { shiftId } = event.data;
    const keys: RowKey[] = [board, { table: INTERVALS, key: [tenantId, shiftId, number - 1] }, { table: INTERVALS, key: [tenantId, shiftId, number], before: 'nothing' }];
    if (event.type === 'AgentContactNoted') keys.push({ table: NOTED, key: [tenantId, shiftId, event.data.segmentId] });
    return keys;
  },
  apply(recorded: RecordedEvent, rows: Rows) {
    const event = recorded as Recorded<Told>;
    const { tenantId, occurredAt } = event.metadata;
    if (isOfShift(event)) return applyShift(event, rows);
    switch (event.type) {
      case 'AgentJoinedQueue': {
        const { queueId, agentId, level, position } = event.data;
        rows.put(MEMBERS, { tenant_id: tenantId, queue_id: queueId, agent_id: agentId, level, position });
        return beginMembership(rows, tenantId, queueId, agentId, occurredAt);
      }
      case 'AgentLeftQueue':
        rows.delete(MEMBERS, [tenantId, event.data.queueId, event.data.agentId]);
        return endMembership(rows, [tenantId, event.data.queueId, event.data.agentId], occurredAt);
      case 'AgentCreated':
      case 'AgentConfigured':
        return put(rows, tenantId, event.data.agentId, { display_name: nameOf(event.data.settings) });
      case 'AgentRetired':
        return put(rows, tenantId, event.data.agentId, { retired: true });
      default:
        event satisfies never;
    }
  },
};

const put = (rows: Rows, tenantId: string, agentId: string, change: Row): void => {
  const key = [tenantId, agentId];
  if (rows.get(BOARD, key) === undefined) rows.put(BOARD, { ...NEW_AGENT, tenant_id: tenantId, agent_id: agentId, ...change });
  else rows.change(BOARD, key, change);
};

interface Period {
  readonly from: string;
  readonly to: string | null;
}

const periodsOf = (row: Readonly<Row> | undefined): readonly Period[] => (row?.['periods'] ?? []) as unknown as readonly Period[];

/** Who joins again, at another level, say, goes on being a member. */
const beginMembership = (rows: Rows, tenantId: string, queueId: string, agentId: string, at: string): void => {
  const periods = periodsOf(rows.get(MEMBERSHIPS, [tenantId, queueId, agentId]));
  if (periods.at(-1)?.to === null) return;
  rows.put(MEMBERSHIPS, { tenant_id: tenantId, queue_id: queueId, agent_id: agentId, periods: [...periods, { from: at, to: null }] as unknown as Json });
};

const endMembership = (rows: Rows, key: readonly string[], at: string): void => {
  const periods = periodsOf(rows.get(MEMBERSHIPS, key));
  const ended = periods.map((period) => (period.to === null ? { from: period.from, to: at < period.from ? period.from : at } : period));
  rows.change(MEMBERSHIPS, key, { periods: ended as unknown as Json });
};

const applyShift = (event: Recorded<AgentShiftEvent>, rows: Rows): void => {
  const { tenantId, occurredAt: at } = event.metadata;
  const { agentId } = event.data;
  if (event.type === 'AgentContactNoted') {
    const { shiftId, segmentId, callId, queueId, startedAt, endedAt } = event.data;
    rows.put(NOTED, { tenant_id: tenantId, shift_id: shiftId, segment_id: segmentId, agent_id: agentId, call_id: callId, queue_id: queueId, from_at: startedAt, to_at: endedAt });
  }
  const row = rows.get(BOARD, [tenantId, agentId]) ?? NEW_AGENT;
  const before = (row['shift'] ?? undefined) as unknown as ShiftView | undefined;
  const shift = evolveShiftView(before, event);
  if (shift === undefined || shift.shiftId !== event.data.shiftId) return;
  // Who has gone home is in no other state by what is told of them afterwards.
  if (event.type === 'AgentContactNoted' && shift.presence === 'signed-out') return put(rows, tenantId, agentId, { contacts: numberOf(row['contacts']) + 1 });
  const signsIn = event.type === 'AgentSignedIn';
  const state = agentStateOf(shift);
  const unchanged = !signsIn && before !== undefined && sameAgentState(agentStateOf(before), state);
  put(rows, tenantId, agentId, {
    presence: state.presence, reason: state.reason, engagement: state.engagement, call_id: state.callId, queue_id: state.queueId, since: unchanged ? (row['since'] ?? at) : at,
    shift_id: shift.shiftId, signed_in_at: shift.signedInAt, queued_presence: shift.queuedPresence, queued_reason: shift.queuedReason, idle_since: shift.idleSince, ready_at: shift.readyAt,
    wrap_up_due_at: shift.wrapUp?.dueAt ?? null, no_answer_count: shift.noAnswerCount, shift: shift as unknown as Json,
    contacts: (signsIn ? 0 : numberOf(row['contacts'])) + (event.type === 'AgentOnCall' || event.type === 'AgentContactNoted' ? 1 : 0),
    missed: (signsIn ? 0 : numberOf(row['missed'])) + (event.type === 'AgentReleased' && event.data.reason === 'no-answer' ? 1 : 0),
  });
  applyInterval(event, rows, state, unchanged);
};

const applyInterval = (event: Recorded<AgentShiftEvent>, rows: Rows, state: AgentStateView, unchanged: boolean): void => {
  const { tenantId, occurredAt: at } = event.metadata;
  const { agentId, shiftId } = event.data;
  const number = Number(event.revision);
  const last = rows.get(INTERVALS, [tenantId, shiftId, number - 1]);
  const durationMs = last === undefined ? 0 : elapsedMs(last['from_at'], at);
  // What lasted no time at all was never seen by anybody.
  if (last !== undefined && (unchanged || durationMs === 0)) rows.delete(INTERVALS, [tenantId, shiftId, number - 1]);
  else if (last !== undefined) rows.change(INTERVALS, [tenantId, shiftId, number - 1], { to_at: at, duration_ms: durationMs });
  if (event.type === 'AgentSignedOut') return;
  rows.put(INTERVALS, {
    tenant_id: tenantId, shift_id: shiftId, number, agent_id: agentId, presence: state.presence, reason: state.reason, engagement: state.engagement, call_id: state.callId, queue_id: state.queueId,
    from_at: unchanged ? (last?.['from_at'] ?? at) : at,
  });
};
