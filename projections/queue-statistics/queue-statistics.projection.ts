import type { Recorded, RecordedEvent } from '../../src/kernel/event.js';
import { idOf } from '../../src/kernel/streams.js';
import type { Projection, Row, RowKey, Rows } from '../../src/platform/subscriptions/projection.js';
import type { AgentShiftEvent, QueueEvent } from '../../src/routing/contract/routing-events.js';
import type { CallEvent } from '../../src/telephony/contract/call-events.js';
import { changeRow, elapsedMs } from '../shared/fold.js';
import { ENTRIES, entriesTable, OFFERS, offersTable, THRESHOLDS, thresholdsTable } from './queue-statistics.tables.js';

const CALL_EVENTS = ['CallEnqueued', 'CallDequeued', 'OfferMade', 'OfferRinging', 'OfferDeclined', 'OfferFailed', 'OfferAccepted', 'AgentContactStarted', 'AgentContactEnded', 'AgentContactWitnessed', 'SegmentEndCorrected'] as const;
type OfCall = Extract<CallEvent, { type: (typeof CALL_EVENTS)[number] }>;
type Settings = Extract<QueueEvent, { type: 'QueueCreated' | 'QueueConfigured' }>;
type Told = OfCall | Settings | Extract<AgentShiftEvent, { type: 'AgentWrapUpEnded' }>;

/**
 * Every stay in a queue and every offer out of it. All figures are counted at the time of the queue
 * entry, whenever the rest happened; thresholds are those of the queue when the caller entered.
 */
export const queueStatistics: Projection = {
  name: 'queue-statistics',
  version: 3,
  eventTypes: ['QueueCreated', 'QueueConfigured', ...CALL_EVENTS, 'AgentWrapUpEnded'],
  tables: [thresholdsTable, entriesTable, offersTable],
  keys(recorded: RecordedEvent): RowKey[] {
    const event = recorded as Recorded<Told>;
    const { tenantId } = event.metadata;
    const callId = idOf(event.stream);
    const thresholds = (queueId: string): RowKey => ({ table: THRESHOLDS, key: [tenantId, queueId] });
    const entry = (segmentId: string): RowKey => ({ table: ENTRIES, key: [tenantId, callId, segmentId] });
    switch (event.type) {
      case 'QueueCreated':
      case 'QueueConfigured':
        return [thresholds(event.data.queueId)];
      case 'CallEnqueued':
        return [thresholds(event.data.queueId), { ...entry(event.data.segmentId), before: 'anything' }];
      case 'CallDequeued':
        return [entry(event.data.segmentId)];
      case 'SegmentEndCorrected':
        if (event.data.kind === 'queue') return [entry(event.data.segmentId)];
        return event.data.offerId === null ? [] : [{ table: OFFERS, key: [tenantId, callId, event.data.offerId] }];
      case 'OfferMade':
        return [entry(event.data.segmentId), { table: OFFERS, key: [tenantId, callId, event.data.offerId], before: 'anything' }];
      case 'AgentWrapUpEnded':
        return [{ table: OFFERS, key: [tenantId, event.data.callId, event.data.segmentId] }];
      default:
        return event.data.offerId === null ? [] : [{ table: OFFERS, key: [tenantId, callId, event.data.offerId] }];
    }
  },
  apply(recorded: RecordedEvent, rows: Rows) {
    const event = recorded as Recorded<Told>;
    const { tenantId, occurredAt: at } = event.metadata;
    const callId = idOf(event.stream);
    const offer = (offerId: string | null, change: (row: Readonly<Row>) => Row): void => {
      if (offerId !== null) changeRow(rows, OFFERS, [tenantId, callId, offerId], change);
    };
    // One that was accepted rang until then, also when the caller was gone before the bridge.
    const endOffer = (offerId: string, outcome: string): void => offer(offerId, (row) => ({ ended_at: at, outcome, ring_ms: row['outcome'] === 'accepted' ? row['ring_ms'] : elapsedMs(row['ringing_at'], at) }));
    switch (event.type) {
      case 'QueueCreated':
      case 'QueueConfigured': {
        const { serviceLevelSeconds, shortAbandonSeconds } = event.data.settings;
        return rows.put(THRESHOLDS, { tenant_id: tenantId, queue_id: event.data.queueId, service_level_seconds: serviceLevelSeconds, short_abandon_seconds: shortAbandonSeconds });
      }
      case 'CallEnqueued': {
        const { segmentId, queueId, waitingSince, priority, previousSegmentId } = event.data;
        const { service_level_seconds, short_abandon_seconds } = rows.get(THRESHOLDS, [tenantId, queueId]) ?? {};
        return rows.put(ENTRIES, {
          tenant_id: tenantId, call_id: callId, segment_id: segmentId, queue_id: queueId, entered_at: at, waiting_since: waitingSince, priority, previous_segment_id: previousSegmentId, service_level_seconds, short_abandon_seconds,
        });
      }
      case 'CallDequeued': {
        const { segmentId, enqueuedAt, reason, agentId, overflowQueueId } = event.data;
        return changeRow(rows, ENTRIES, [tenantId, callId, segmentId], () => ({ ended_at: at, reason, wait_ms: elapsedMs(enqueuedAt, at), agent_id: agentId, overflow_queue_id: overflowQueueId }));
      }
      case 'OfferMade': {
        const { offerId, segmentId, queueId, agentId } = event.data;
        const enteredAt = rows.get(ENTRIES, [tenantId, callId, segmentId])?.['entered_at'] ?? at;
        return rows.put(OFFERS, { tenant_id: tenantId, call_id: callId, offer_id: offerId, segment_id: segmentId, queue_id: queueId, agent_id: agentId, entered_at: enteredAt, made_at: at, ring_ms: 0 });
      }
      case 'OfferRinging':
        return offer(event.data.offerId, () => ({ ringing_at: at }));
      case 'OfferDeclined':
        return endOffer(event.data.offerId, 'declined');
      case 'OfferFailed':
        return endOffer(event.data.offerId, event.data.failure);
      case 'OfferAccepted':
        return endOffer(event.data.offerId, 'accepted');
      case 'AgentContactStarted':
        return offer(event.data.offerId, () => ({ contact_started_at: at }));
      case 'AgentContactEnded': {
        const { offerId, startedAt, holdMs, wrapUpMs } = event.data;
        return offer(offerId, () => ({ contact_ended_at: at, talk_ms: Math.max(0, elapsedMs(startedAt, at) - holdMs), hold_ms: holdMs, wrap_up_due_ms: wrapUpMs }));
      }
      case 'AgentContactWitnessed': {
        const { offerId, startedAt, endedAt } = event.data;
        return offer(offerId, () => ({ outcome: 'accepted', contact_started_at: startedAt, contact_ended_at: endedAt, talk_ms: elapsedMs(startedAt, endedAt), hold_ms: 0, wrap_up_due_ms: 0 }));
      }
      case 'SegmentEndCorrected': {
        const { kind, segmentId, agentId, offerId, beganAt, endedAt, holdMs, reason } = event.data;
        if (kind === 'queue') return changeRow(rows, ENTRIES, [tenantId, callId, segmentId], () => ({ ended_at: endedAt, reason, agent_id: agentId, wait_ms: elapsedMs(beganAt, endedAt) }));
        return offer(offerId, () => ({ contact_ended_at: endedAt, talk_ms: Math.max(0, elapsedMs(beganAt, endedAt) - holdMs), hold_ms: holdMs }));
      }
      case 'AgentWrapUpEnded':
        // The contact bears the id of the offer that it came of.
        return changeRow(rows, OFFERS, [tenantId, event.data.callId, event.data.segmentId], () => ({ wrap_up_ms: elapsedMs(event.data.since, at), wrap_up_ended_at: at }));
      default:
        event satisfies never;
    }
  },
};
