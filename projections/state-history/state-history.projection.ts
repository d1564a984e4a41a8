import type { Json, Recorded, RecordedEvent } from '../../src/kernel/event.js';
import { idOf } from '../../src/kernel/streams.js';
import type { Projection, RowKey, Rows } from '../../src/platform/subscriptions/projection.js';
import type { AgentShiftEvent, QueueEvent } from '../../src/routing/contract/routing-events.js';
import { changeRow } from '../shared/fold.js';
import { agentStateOf, evolveShiftView, SHIFT_EVENTS, type ShiftView } from '../shared/shift-view.js';
import { changeOf, type Changing, CHANGING } from './call-state.js';
import { AGENT_STATES, agentStatesTable, CALL_CHANGES, callChangesTable, QUEUE_MEMBERSHIPS, QUEUE_WAITS, queueMembershipsTable, queueWaitsTable, SHIFTS, shiftsTable } from './state-history.tables.js';

type Membership = Extract<QueueEvent, { type: 'AgentJoinedQueue' | 'AgentLeftQueue' }>;
type Told = Changing | AgentShiftEvent | Membership;

const CALL_TYPES: ReadonlySet<string> = new Set(CHANGING);
const SHIFT_TYPES: ReadonlySet<string> = new Set(SHIFT_EVENTS);
const isOfCall = (event: Recorded<Told>): event is Recorded<Changing> => CALL_TYPES.has(event.type);
const isOfShift = (event: Recorded<Told>): event is Recorded<AgentShiftEvent> => SHIFT_TYPES.has(event.type);

/**
 * What is needed to say how a call, an agent or a queue was at a time, and what was known of it as of a
 * position. Rows are added and never changed, but for the end of a stay in a queue.
 */
export const stateHistory: Projection = {
  name: 'state-history',
  version: 2,
  holdsPositions: true,
  eventTypes: [...CHANGING, ...SHIFT_EVENTS, 'AgentJoinedQueue', 'AgentLeftQueue'],
  tables: [callChangesTable, agentStatesTable, shiftsTable, queueWaitsTable, queueMembershipsTable],
  keys(recorded: RecordedEvent): RowKey[] {
    const event = recorded as Recorded<Told>;
    const { tenantId } = event.metadata;
    const position = event.position.toString();
    if (isOfCall(event)) {
      const callId = idOf(event.stream);
      const change: RowKey = { table: CALL_CHANGES, key: [tenantId, callId, position], before: 'nothing' };
      if (event.type === 'CallEnqueued') return [change, { table: QUEUE_WAITS, key: [tenantId, callId, event.data.segmentId], before: 'anything' }];
      return event.type === 'CallDequeued' ? [change, { table: QUEUE_WAITS, key: [tenantId, callId, event.data.segmentId] }] : [change];
    }
    if (isOfShift(event)) return [{ table: SHIFTS, key: [tenantId, event.data.agentId] }, { table: AGENT_STATES, key: [tenantId, event.data.agentId, position], before: 'nothing' }];
    return [{ table: QUEUE_MEMBERSHIPS, key: [tenantId, event.data.queueId, position], before: 'nothing' }];
  },
  apply(recorded: RecordedEvent, rows: Rows) {
    const event = recorded as Recorded<Told>;
    if (isOfCall(event)) return applyCall(event, rows);
    if (isOfShift(event)) return applyShift(event, rows);
    const { tenantId, occurredAt } = event.metadata;
    rows.put(QUEUE_MEMBERSHIPS, { tenant_id: tenantId, queue_id: event.data.queueId, position: event.position.toString(), at: occurredAt, agent_id: event.data.agentId, member: event.type === 'AgentJoinedQueue' });
  },
};

const applyCall = (event: Recorded<Changing>, rows: Rows): void => {
  const { tenantId, occurredAt } = event.metadata;
  const callId = idOf(event.stream);
  const position = event.position.toString();
  const { at, change } = changeOf(event);
  rows.put(CALL_CHANGES, { tenant_id: tenantId, call_id: callId, position, at, change: change as unknown as Json });
  if (event.type === 'CallEnqueued') {
    const { segmentId, queueId, priority, waitingSince } = event.data;
    rows.put(QUEUE_WAITS, { tenant_id: tenantId, call_id: callId, segment_id: segmentId, queue_id: queueId, priority, waiting_since: waitingSince, entered_at: occurredAt, entered_position: position });
  }
  if (event.type === 'CallDequeued') changeRow(rows, QUEUE_WAITS, [tenantId, callId, event.data.segmentId], () => ({ left_at: occurredAt, left_position: position }));
};

const applyShift = (event: Recorded<AgentShiftEvent>, rows: Rows): void => {
  const { tenantId, occurredAt } = event.metadata;
  const { agentId } = event.data;
  const before = (rows.get(SHIFTS, [tenantId, agentId])?.['shift'] ?? undefined) as unknown as ShiftView | undefined;
  const shift = evolveShiftView(before, event);
  if (shift === undefined || shift.shiftId !== event.data.shiftId) return;
  const { presence, reason, engagement, callId, queueId } = agentStateOf(shift);
  if (before === undefined) rows.put(SHIFTS, { tenant_id: tenantId, agent_id: agentId, shift: shift as unknown as Json });
  else rows.change(SHIFTS, [tenantId, agentId], { shift: shift as unknown as Json });
  rows.put(AGENT_STATES, { tenant_id: tenantId, agent_id: agentId, position: event.position.toString(), at: occurredAt, shift_id: shift.shiftId, presence, reason, engagement, call_id: callId, queue_id: queueId });
};
