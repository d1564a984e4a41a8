import type { Json, Recorded, RecordedEvent } from '../../src/kernel/event.js';
import { idOf } from '../../src/kernel/streams.js';
import type { Projection, Row, RowKey, Rows } from '../../src/platform/subscriptions/projection.js';
import type { AgentShiftEvent } from '../../src/routing/contract/routing-events.js';
import type { CallEvent } from '../../src/telephony/contract/call-events.js';
import { changeRow, elapsedMs, numberOf } from '../shared/fold.js';
import { CALLS, callHistoryTables, LEGS, SEGMENTS } from './call-history.tables.js';
import { dispositionOf } from './disposition.js';

const CALL_EVENTS = [
  'CallStarted', 'LegStarted', 'LegRinging', 'LegEarlyMedia', 'LegAnswered', 'LegsBridged', 'LegsUnbridged', 'LegHeld', 'LegResumed', 'LegTransferred', 'RecordingStarted', 'RecordingStopped',
  'LegMoved', 'LegAdopted', 'LegEnded', 'LegEndCorrected', 'CallEnded', 'CallEnqueued', 'CallDequeued', 'OfferMade', 'OfferRinging', 'OfferDeclined', 'OfferFailed', 'OfferAccepted',
  'AgentContactStarted', 'AgentContactEnded', 'CdrDiffered',
] as const;
type Told = Extract<CallEvent, { type: (typeof CALL_EVENTS)[number] }> | Extract<AgentShiftEvent, { type: 'AgentWrapUpEnded' }>;
type Of<T extends Told['type']> = Extract<Told, { type: T }>['data'];

interface OfferView {
  readonly offerId: string;
  readonly agentId: string;
  readonly madeAt: string;
  readonly ringingAt: string | null;
  readonly endedAt: string | null;
  readonly outcome: string | null;
}
interface BridgeView {
  readonly with: string;
  readonly from: string;
  readonly to: string | null;
}

const list = <T>(row: Readonly<Row>, column: string): T[] => (row[column] as unknown as T[] | null) ?? [];
const json = (value: unknown): Json => value as Json;

const callIdOf = (event: Recorded<Told>): string => (event.type === 'AgentWrapUpEnded' ? event.data.callId : idOf(event.stream));

const legIdsOf = (event: Recorded<Told>): string[] => {
  const data = event.data as { readonly legId?: string; readonly otherLegId?: string };
  return [data.legId, data.otherLegId].filter((legId) => legId !== undefined);
};

const segmentOf = (event: Recorded<Told>): string | undefined => (event.data as { readonly segmentId?: string }).segmentId;

/**
 * The CDR: a row for each call, for each of its legs and for each of its segments (stays in a queue,
 * contacts with an agent). Everything comes from events; times are those of the switch.
 */
export const callHistory: Projection = {
  name: 'call-history',
  version: 1,
  eventTypes: [...CALL_EVENTS, 'AgentWrapUpEnded'],
  tables: callHistoryTables,
  keys(recorded: RecordedEvent): RowKey[] {
    const event = recorded as Recorded<Told>;
    const call = [event.metadata.tenantId, callIdOf(event)];
    const segmentId = segmentOf(event);
    return [
      { table: CALLS, key: call },
      ...legIdsOf(event).map((legId) => ({ table: LEGS, key: [...call, legId] })),
      ...(segmentId === undefined ? [] : [{ table: SEGMENTS, key: [...call, segmentId] }]),
    ];
  },
  apply(recorded: RecordedEvent, rows: Rows) {
    const event = recorded as Recorded<Told>;
    const history = new CallRows(rows, event.metadata.tenantId, callIdOf(event), event.metadata.occurredAt);
    switch (event.type) {
      case 'CallStarted':
        return history.start(event.data);
      case 'LegStarted':
        return history.startLeg(event.data);
      case 'LegRinging':
        return history.leg(event.data.legId, (_row, at) => ({ ringing_at: at }));
      case 'LegEarlyMedia':
        return history.leg(event.data.legId, (_row, at) => ({ early_media_at: at }));
      case 'LegAnswered':
        history.leg(event.data.legId, (_row, at) => ({ answered_at: at }));
        return history.call((row, at) => ({ answered_at: row['answered_at'] ?? at }));
      case 'LegsBridged':
        return history.bridge(event.data);
      case 'LegsUnbridged':
        return history.unbridge(event.data);
      case 'LegHeld':
        return history.leg(event.data.legId, (row) => ({ holds: numberOf(row['holds']) + 1 }));
      case 'LegResumed':
        return history.leg(event.data.legId, (row, at) => ({ hold_ms: numberOf(row['hold_ms']) + elapsedMs(event.data.heldSince, at) }));
      case 'LegTransferred':
        return history.call((row, at) => ({ transfers: json([...list(row, 'transfers'), { legId: event.data.legId, how: event.data.how, at }]) }));
      case 'RecordingStarted':
        return history.call((row, at) => ({ recordings: json([...list(row, 'recordings'), { recordingId: event.data.recordingId, legId: event.data.legId, startedAt: at, stoppedAt: null }]) }));
      case 'RecordingStopped':
        return history.call((row, at) => ({
          recordings: json(list<{ recordingId: string }>(row, 'recordings').map((each) => (each.recordingId === event.data.recordingId ? { ...each, stoppedAt: at } : each))),
        }));
      case 'LegMoved':
        return history.leg(event.data.legId, (row, at) => ({ moved_to: event.data.toCallId, ended_at: at, duration_ms: elapsedMs(row['created_at'], at), confidence: 'seen' }));
      case 'LegAdopted':
        return history.adopt(event.data);
      case 'LegEnded':
        return history.endLeg(event.data);
      case 'LegEndCorrected':
        return history.correctEnd(event.data);
      case 'CallEnded':
        return history.end(event.data);
      case 'CallEnqueued':
        return history.enqueue(event.data);
      case 'CallDequeued':
        return history.dequeue(event.data);
      case 'OfferMade':
        return history.offer(event.data);
      case 'OfferRinging':
        return history.changeOffer(event.data, () => ({ ringingAt: event.metadata.occurredAt }));
      case 'OfferDeclined':
        return history.endOffer(event.data, `declined:${event.data.code}`);
      case 'OfferFailed':
        return history.endOffer(event.data, event.data.failure);
      case 'OfferAccepted':
        return history.endOffer(event.data, 'accepted');
      case 'AgentContactStarted':
        return history.startContact(event.data);
      case 'AgentContactEnded':
        return history.endContact(event.data);
      case 'AgentWrapUpEnded':
        return history.endWrapUp(event.data);
      case 'CdrDiffered':
        return history.call((row) => ({ differences: json([...list(row, 'differences'), event.data]) }));
      default:
        event satisfies never;
    }
  },
};

/** The rows of one call, and what an event does to them. */
class CallRows {
  private readonly callKey: readonly string[];

  constructor(
    private readonly rows: Rows,
    private readonly tenantId: string,
    private readonly callId: string,
    private readonly at: string,
  ) {
    this.callKey = [tenantId, callId];
  }

  call(change: (row: Readonly<Row>, at: string) => Row): void {
    changeRow(this.rows, CALLS, this.callKey, (row) => change(row, this.at));
  }

  leg(legId: string, change: (row: Readonly<Row>, at: string) => Row): void {
    changeRow(this.rows, LEGS, [...this.callKey, legId], (row) => change(row, this.at));
  }

  private segment(segmentId: string, change: (row: Readonly<Row>) => Row): void {
    changeRow(this.rows, SEGMENTS, [...this.callKey, segmentId], change);
  }

  start(data: Of<'CallStarted'>): void {
    this.rows.put(CALLS, {
      tenant_id: this.tenantId, call_id: this.callId, interaction_id: data.interactionId, direction: data.direction, node_id: data.nodeId, number_id: data.numberId, person_id: data.personId,
      from_number: data.from, from_name: data.fromName, to_number: data.to, started_at: this.at, confidence: 'seen',
      wait_ms: 0, ring_ms: 0, talk_ms: 0, hold_ms: 0, wrap_up_ms: 0, offers: 0, contacts: 0, bridges: 0, transfers: [], recordings: [], differences: [],
    });
  }

  startLeg(data: Of<'LegStarted'>): void {
    const { legId, role, direction, origin, nodeId, agentId, offerId, number, name } = data;
    this.rows.put(LEGS, {
      tenant_id: this.tenantId, call_id: this.callId, leg_id: legId, role, direction, origin, node_id: nodeId, agent_id: agentId, offer_id: offerId, number, name, created_at: this.at, hold_ms: 0, holds: 0, bridges: [],
    });
  }

  adopt({ legId, fromCallId, passport }: Of<'LegAdopted'>): void {
    const { role, direction, origin, nodeId, agentId, offerId, createdAt, answeredAt } = passport;
    this.rows.put(LEGS, {
      tenant_id: this.tenantId, call_id: this.callId, leg_id: legId, role, direction, origin, node_id: nodeId, agent_id: agentId, offer_id: offerId, created_at: createdAt, answered_at: answeredAt, hold_ms: 0, holds: 0, bridges: [], adopted_from: fromCallId,
    });
  }

  bridge({ legId, otherLegId }: Of<'LegsBridged'>): void {
    const open = (other: string) => (row: Readonly<Row>, at: string): Row => ({ bridges: json([...list<BridgeView>(row, 'bridges'), { with: other, from: at, to: null }]) });
    this.leg(legId, open(otherLegId));
    this.leg(otherLegId, open(legId));
    this.call((row) => ({ bridges: numberOf(row['bridges']) + 1 }));
  }

  unbridge({ legId, otherLegId }: Of<'LegsUnbridged'>): void {
    this.leg(legId, (row) => this.closeBridges(row));
    this.leg(otherLegId, (row) => this.closeBridges(row));
  }

  private closeBridges(row: Readonly<Row>): Row {
    return { bridges: json(list<BridgeView>(row, 'bridges').map((bridge) => (bridge.to === null ? { ...bridge, to: this.at } : bridge))) };
  }

  endLeg(data: Of<'LegEnded'>): void {
    const { times } = data;
    this.leg(data.legId, (row, at) => {
      const answeredAt = times.answeredAt ?? row['answered_at'] ?? null;
      return {
        ...this.closeBridges(row),
        created_at: times.createdAt, ringing_at: times.ringingAt ?? row['ringing_at'] ?? null, early_media_at: times.earlyMediaAt ?? row['early_media_at'] ?? null, answered_at: answeredAt, ended_at: at,
        duration_ms: elapsedMs(times.createdAt, at), answered_ms: elapsedMs(answeredAt, at),
        cause: data.cause, q850: data.q850, sip_status: data.sipStatus, hung_up_by: data.hungUpBy, confidence: data.confidence,
        earliest_end_at: data.bounds?.earliest ?? null, latest_end_at: data.bounds?.latest ?? null, evidence: data.evidence,
      };
    });
    if (data.confidence === 'inferred') this.call(() => ({ confidence: 'inferred' }));
  }

  correctEnd({ legId, cause, q850, hungUpBy, times, endedAt }: Of<'LegEndCorrected'>): void {
    this.leg(legId, (row) => {
      const answeredAt = times.answeredAt ?? row['answered_at'] ?? null;
      return { created_at: times.createdAt, answered_at: answeredAt, ended_at: endedAt, duration_ms: elapsedMs(times.createdAt, endedAt), answered_ms: elapsedMs(answeredAt, endedAt), cause, q850, hung_up_by: hungUpBy, confidence: 'witnessed' };
    });
    this.call((row) => ({ confidence: 'witnessed', ...(row['ended_at'] !== null && row['ended_at'] !== undefined ? { ended_at: endedAt, duration_ms: elapsedMs(row['started_at'], endedAt), cause } : {}) }));
  }

  end(data: Of<'CallEnded'>): void {
    this.call((row, at) => ({
      ended_at: at, duration_ms: elapsedMs(row['started_at'], at), cause: data.cause, ended_by: data.endedBy, confidence: data.confidence,
      disposition: dispositionOf({
        contacts: numberOf(row['contacts']), bridges: numberOf(row['bridges']), lastDequeue: (row['last_dequeue'] as string | null | undefined) ?? null,
        answered: row['answered_at'] !== null && row['answered_at'] !== undefined, cause: data.cause,
      }),
    }));
  }

  enqueue(data: Of<'CallEnqueued'>): void {
    this.rows.put(SEGMENTS, {
      tenant_id: this.tenantId, call_id: this.callId, segment_id: data.segmentId, kind: 'queue', queue_id: data.queueId, started_at: this.at, waiting_since: data.waitingSince, priority: data.priority, offers: [], previous_segment_id: data.previousSegmentId,
    });
    this.call((row) => ({ queue_id: row['queue_id'] ?? data.queueId }));
  }

  dequeue(data: Of<'CallDequeued'>): void {
    const wait = elapsedMs(data.enqueuedAt, this.at);
    this.segment(data.segmentId, () => ({ ended_at: this.at, reason: data.reason, wait_ms: wait, agent_id: data.agentId, overflow_queue_id: data.overflowQueueId }));
    this.call((row) => ({ wait_ms: numberOf(row['wait_ms']) + wait, last_dequeue: data.reason }));
  }

  offer(data: Of<'OfferMade'>): void {
    const offer: OfferView = { offerId: data.offerId, agentId: data.agentId, madeAt: this.at, ringingAt: null, endedAt: null, outcome: null };
    this.segment(data.segmentId, (row) => ({ offers: json([...list<OfferView>(row, 'offers'), offer]) }));
    this.call((row) => ({ offers: numberOf(row['offers']) + 1 }));
  }

  changeOffer({ segmentId, offerId }: { readonly segmentId: string; readonly offerId: string }, change: (offer: OfferView) => Partial<OfferView>): void {
    this.segment(segmentId, (row) => ({ offers: json(list<OfferView>(row, 'offers').map((offer) => (offer.offerId === offerId ? { ...offer, ...change(offer) } : offer))) }));
  }

  endOffer(data: Of<'OfferFailed'> | Of<'OfferDeclined'> | Of<'OfferAccepted'>, outcome: string): void {
    let rang = 0;
    this.changeOffer(data, (offer) => {
      rang = elapsedMs(offer.ringingAt, this.at);
      return { endedAt: this.at, outcome };
    });
    this.segment(data.segmentId, (row) => ({ ring_ms: numberOf(row['ring_ms']) + rang }));
    this.call((row) => ({ ring_ms: numberOf(row['ring_ms']) + rang }));
  }

  startContact(data: Of<'AgentContactStarted'>): void {
    this.rows.put(SEGMENTS, { tenant_id: this.tenantId, call_id: this.callId, segment_id: data.segmentId, kind: 'agent-contact', queue_id: data.queueId, agent_id: data.agentId, started_at: this.at, offers: [] });
    this.call((row) => ({ agent_id: data.agentId, contacts: numberOf(row['contacts']) + 1 }));
  }

  endContact(data: Of<'AgentContactEnded'>): void {
    const talk = Math.max(0, elapsedMs(data.startedAt, this.at) - data.holdMs);
    this.segment(data.segmentId, () => ({ ended_at: this.at, reason: data.reason, talk_ms: talk, hold_ms: data.holdMs }));
    this.call((row) => ({ talk_ms: numberOf(row['talk_ms']) + talk, hold_ms: numberOf(row['hold_ms']) + data.holdMs }));
  }

  endWrapUp(data: Of<'AgentWrapUpEnded'>): void {
    const wrapUp = elapsedMs(data.since, this.at);
    this.segment(data.segmentId, () => ({ wrap_up_ms: wrapUp, wrap_up_ended_at: this.at }));
    this.call((row) => ({ wrap_up_ms: numberOf(row['wrap_up_ms']) + wrapUp }));
  }
}
