import type { Json, Recorded, RecordedEvent } from '../../src/kernel/event.js';
import { idOf } from '../../src/kernel/streams.js';
import type { Projection, Row, RowKey, Rows } from '../../src/platform/subscriptions/projection.js';
import { elapsedMs, numberOf } from '../shared/fold.js';
import { CALLS, callHistoryTables, LEGS, SEGMENTS } from './call-history.tables.js';
import { CallRows } from './call-rows.js';
import { CALL_EVENTS, type Told } from './told.js';

const callIdOf = (event: Recorded<Told>): string => (event.type === 'AgentWrapUpEnded' ? event.data.callId : idOf(event.stream));

/** Rows that the event begins: nobody asks what was there. */
const BEGINS: Readonly<Record<string, typeof CALLS | typeof LEGS | typeof SEGMENTS>> = { CallStarted: CALLS, LegStarted: LEGS, LegAdopted: LEGS, CallEnqueued: SEGMENTS, AgentContactStarted: SEGMENTS };

const list = (row: Readonly<Row>, column: string): readonly Json[] => (row[column] as readonly Json[] | null | undefined) ?? [];

/**
 * The CDR: a row for each call, for each of its legs and for each of its segments (stays in a queue,
 * contacts with an agent). Everything comes from events; times are those of the switch.
 */
export const callHistory: Projection = {
  name: 'call-history',
  version: 5,
  eventTypes: [...CALL_EVENTS, 'AgentWrapUpEnded'],
  tables: callHistoryTables,
  keys(recorded: RecordedEvent): RowKey[] {
    const event = recorded as Recorded<Told>;
    const { tenantId } = event.metadata;
    const callId = callIdOf(event);
    const begins = BEGINS[event.type];
    const keys: RowKey[] = [];
    const name = (table: string, ...key: readonly string[]): void => void keys.push(table === begins ? { table, key, before: 'anything' } : { table, key });
    const { legId, otherLegId, segmentId, staySegmentId } = event.data as { readonly legId?: string; readonly otherLegId?: string; readonly segmentId?: string; readonly staySegmentId?: string };
    name(CALLS, tenantId, callId);
    // An offer tells of a leg that is yet to come.
    if (legId !== undefined && !event.type.startsWith('Offer')) name(LEGS, tenantId, callId, legId);
    if (otherLegId !== undefined) name(LEGS, tenantId, callId, otherLegId);
    if (segmentId !== undefined) name(SEGMENTS, tenantId, callId, segmentId);
    if (staySegmentId !== undefined) name(SEGMENTS, tenantId, callId, staySegmentId);
    return keys;
  },
  apply(recorded: RecordedEvent, rows: Rows) {
    const event = recorded as Recorded<Told>;
    const { tenantId, occurredAt } = event.metadata;
    const history = new CallRows(rows, tenantId, callIdOf(event), occurredAt);
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
        return history.answer(event.data.legId, occurredAt);
      case 'LegsBridged':
        return history.bridge(event.data);
      case 'LegsUnbridged':
        history.note('unbridge', event.data.legId, event.data.unheard);
        return history.unbridge(event.data.legId, event.data.otherLegId);
      case 'LegHeld':
        return history.hold(event.data);
      case 'LegResumed':
        history.note('resume', event.data.legId, event.data.unheard);
        return history.leg(event.data.legId, (row, at) => ({ hold_ms: numberOf(row['hold_ms']) + elapsedMs(event.data.heldSince, at) }));
      case 'LegTransferred':
        history.unbridge(event.data.legId);
        return history.call((row, at) => ({ transfers: [...list(row, 'transfers'), { legId: event.data.legId, how: event.data.how, destination: event.data.destination, at }] }));
      case 'RecordingStarted':
        return history.startRecording(event.data.legId, event.data.recordingId);
      case 'RecordingStopped':
        return history.stopRecording(event.data.recordingId);
      case 'LegMoved':
        return history.moveLeg(event.data);
      case 'LegAdopted':
        return history.adopt(event.data);
      case 'LegEnded':
        return history.endLeg(event.data);
      case 'LegEndCorrected':
        return history.correctEnd(event.data);
      case 'SegmentEndCorrected':
        return history.correctSegment(event.data);
      case 'CallUnheard':
        return history.call((row) => ({ gaps: [...list(row, 'gaps'), { ...event.data }] }));
      case 'CallEnded':
        return history.end(event.data);
      case 'CallEnqueued':
        return history.enqueue(event.data);
      case 'CallDequeued':
        return history.dequeue(event.data);
      case 'OfferMade':
        return history.offer(event.data);
      case 'OfferRinging':
        return history.ringOffer(event.data);
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
      case 'AgentContactWitnessed':
        return history.witnessContact(event.data);
      case 'AgentWrapUpEnded':
        return history.endWrapUp(event.data);
      case 'CdrDiffered':
        return history.call((row) => ({ differences: [...list(row, 'differences'), { ...event.data }] }));
      default:
        event satisfies never;
    }
  },
};
