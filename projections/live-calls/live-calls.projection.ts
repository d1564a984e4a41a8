import type { Recorded, RecordedEvent } from '../../src/kernel/event.js';
import { idOf } from '../../src/kernel/streams.js';
import type { Projection, Row, Rows, TableSpec } from '../../src/platform/subscriptions/projection.js';
import type { CallEvent } from '../../src/telephony/contract/call-events.js';
import { changeRow } from '../shared/fold.js';

/** A leg of a live call as the board shows it. */
export interface LiveLegView {
  readonly legId: string;
  readonly role: string;
  readonly agentId: string | null;
  readonly state: 'dialling' | 'ringing' | 'up' | 'held';
  readonly since: string;
}

export const LIVE_CALLS = 'live_calls';

export const liveCallsTable: TableSpec = {
  name: LIVE_CALLS,
  columns: {
    tenant_id: 'text', call_id: 'text', interaction_id: 'text', direction: 'text', node_id: 'text', number_id: 'text', from_number: 'text', from_name: 'text', to_number: 'text',
    state: 'text', state_since: 'timestamptz', started_at: 'timestamptz', answered_at: 'timestamptz', queue_id: 'text', segment_id: 'text', priority: 'integer', waiting_since: 'timestamptz', queue_order: 'bigint',
    agent_id: 'text', offered_agent_id: 'text', offered_at: 'timestamptz', legs: 'jsonb',
  },
  primaryKey: ['tenant_id', 'call_id'],
  indexes: [['tenant_id', 'queue_id', 'priority', 'waiting_since'], ['tenant_id', 'agent_id'], ['tenant_id', 'started_at', 'call_id']],
};

const EVENTS = [
  'CallStarted', 'LegStarted', 'LegRinging', 'LegAnswered', 'LegHeld', 'LegResumed', 'LegMoved', 'LegAdopted', 'LegEnded', 'LegsBridged', 'LegsUnbridged', 'CallEnded',
  'CallEnqueued', 'CallDequeued', 'OfferMade', 'OfferDeclined', 'OfferFailed', 'AgentContactStarted', 'AgentContactEnded',
] as const;

type Shown = Extract<CallEvent, { type: (typeof EVENTS)[number] }>;

const legsOf = (row: Readonly<Row>): LiveLegView[] => (row['legs'] as unknown as LiveLegView[]) ?? [];
const withLeg = (row: Readonly<Row>, leg: LiveLegView): Row => ({ legs: [...legsOf(row).filter((other) => other.legId !== leg.legId), leg] as unknown as Row['legs'] });
const changeLeg = (row: Readonly<Row>, legId: string, change: Partial<LiveLegView>): Row => ({
  legs: legsOf(row).map((leg) => (leg.legId === legId ? { ...leg, ...change } : leg)) as unknown as Row['legs'],
});
const withoutLeg = (row: Readonly<Row>, legId: string): Row => ({ legs: legsOf(row).filter((leg) => leg.legId !== legId) as unknown as Row['legs'] });
const state = (name: string, since: string): Row => ({ state: name, state_since: since });

/** The phone of an agent to whom a waiting caller is offered: its answer is not yet that of the call. */
const isOffered = (row: Readonly<Row>, legId: string): boolean => row['offered_agent_id'] !== null && legsOf(row).some((leg) => leg.legId === legId && leg.agentId === row['offered_agent_id']);
const BEFORE_ANSWER: ReadonlySet<unknown> = new Set(['arrived', 'dialling', 'ringing']);
const answered = (row: Readonly<Row>, at: string): Row => ({ answered_at: row['answered_at'] ?? at, ...(BEFORE_ANSWER.has(row['state']) ? state('answered', at) : {}) });

/** Every call that is going on, a row each; a call that ends leaves. */
export const liveCalls: Projection = {
  name: 'live-calls',
  version: 2,
  holdsPositions: true,
  eventTypes: EVENTS,
  tables: [liveCallsTable],
  keys: (event) => {
    const key = [event.metadata.tenantId, idOf(event.stream)];
    return [event.type === 'CallStarted' ? { table: LIVE_CALLS, key, before: 'anything' } : { table: LIVE_CALLS, key }];
  },
  apply(recorded: RecordedEvent, rows: Rows) {
    const event = recorded as Recorded<Shown>;
    const callId = idOf(event.stream);
    const { tenantId, occurredAt: at } = event.metadata;
    const key = [tenantId, callId];
    const change = (how: (row: Readonly<Row>) => Row): void => changeRow(rows, LIVE_CALLS, key, how);
    switch (event.type) {
      case 'CallStarted':
        rows.put(LIVE_CALLS, {
          tenant_id: tenantId, call_id: callId, interaction_id: event.data.interactionId, direction: event.data.direction, node_id: event.data.nodeId, number_id: event.data.numberId,
          from_number: event.data.from, from_name: event.data.fromName, to_number: event.data.to, started_at: at, legs: [], ...state(event.data.direction === 'outbound' ? 'dialling' : 'arrived', at),
        });
        return;
      case 'LegStarted':
        return change((row) => withLeg(row, { legId: event.data.legId, role: event.data.role, agentId: event.data.agentId, state: 'dialling', since: at }));
      case 'LegAdopted':
        return change((row) => withLeg(row, { legId: event.data.legId, role: event.data.passport.role, agentId: event.data.passport.agentId, state: event.data.passport.answeredAt === null ? 'ringing' : 'up', since: at }));
      case 'LegRinging':
        return change((row) => ({ ...changeLeg(row, event.data.legId, { state: 'ringing', since: at }), ...(row['state'] === 'dialling' ? state('ringing', at) : {}) }));
      case 'LegAnswered':
        return change((row) => ({ ...changeLeg(row, event.data.legId, { state: 'up', since: at }), ...(isOffered(row, event.data.legId) ? {} : answered(row, at)) }));
      case 'LegHeld':
        return change((row) => ({ ...changeLeg(row, event.data.legId, { state: 'held', since: at }), ...(row['state'] === 'talking' ? state('held', at) : {}) }));
      case 'LegResumed':
        return change((row) => ({ ...changeLeg(row, event.data.legId, { state: 'up', since: at }), ...(row['state'] === 'held' ? state('talking', at) : {}) }));
      case 'LegsBridged':
        return change((row) => (row['state'] === 'queued' || row['state'] === 'held' ? {} : state('talking', at)));
      case 'LegsUnbridged':
        return change((row) => (row['state'] === 'talking' || row['state'] === 'held' ? state('unbridged', at) : {}));
      case 'LegMoved':
      case 'LegEnded':
        return change((row) => withoutLeg(row, event.data.legId));
      case 'CallEnded':
        rows.delete(LIVE_CALLS, key);
        return;
      case 'CallEnqueued':
        return change(() => ({ queue_id: event.data.queueId, segment_id: event.data.segmentId, priority: event.data.priority, waiting_since: event.data.waitingSince, queue_order: event.position.toString(), ...state('queued', at) }));
      case 'CallDequeued':
        return change(() => ({ segment_id: null, priority: null, waiting_since: null, queue_order: null, offered_agent_id: null, offered_at: null, ...state(event.data.reason === 'answered' ? 'connecting' : 'leaving', at) }));
      case 'OfferMade':
        return change(() => ({ offered_agent_id: event.data.agentId, offered_at: at }));
      case 'OfferDeclined':
      case 'OfferFailed':
        return change((row) => (row['offered_agent_id'] === event.data.agentId ? { offered_agent_id: null, offered_at: null } : {}));
      case 'AgentContactStarted':
        return change(() => ({ agent_id: event.data.agentId, queue_id: event.data.queueId, ...state('talking', at) }));
      case 'AgentContactEnded':
        return change(() => ({ agent_id: null, ...state('leaving', at) }));
      default:
        event satisfies never;
    }
  },
};
