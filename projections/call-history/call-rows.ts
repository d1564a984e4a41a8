import type { Json } from '../../src/kernel/event.js';
import { keyIdOf } from '../../src/platform/privacy/sealed-text.js';
import type { Row, Rows } from '../../src/platform/subscriptions/projection.js';
import { changeRow, elapsedMs, numberOf } from '../shared/fold.js';
import { CALLS, LEGS, SEGMENTS } from './call-history.tables.js';
import type { Of } from './told.js';
import type { Confidence, Unheard } from '../../src/telephony/contract/call-events.js';
import { dispositionOf } from './disposition.js';
import { bridgedMs, type BridgeView, callEndOf, correctBridges, type LegEndView, withoutBridgesOf } from './leg-ends.js';
import { leastCertain, unheardView, type UnheardView } from './unheard.js';

/** An offer as a stay in a queue lists it. */
export interface OfferView {
  readonly offerId: string;
  readonly agentId: string;
  readonly madeAt: string;
  readonly ringingAt: string | null;
  readonly endedAt: string | null;
  readonly outcome: string | null;
}

/** As much of a recording as was made in the call; `stoppedAt` null: it runs. */
interface RecordingView {
  readonly recordingId: string;
  readonly legId: string;
  readonly startedAt: string;
  readonly stoppedAt: string | null;
}

const list = <T>(row: Readonly<Row>, column: string): T[] => (row[column] as unknown as T[] | null | undefined) ?? [];
const json = (value: unknown): Json => value as Json;
const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);
const later = (a: string | null, b: string | null): string | null => (a === null || b === null ? (a ?? b) : a > b ? a : b);

/** A call is known as well as what of it is known worst: an end of a leg, or what nobody heard as it happened. */
const confidenceOf = (row: Readonly<Row>): Confidence => leastCertain([...list<LegEndView>(row, 'leg_ends'), ...list<UnheardView>(row, 'unheard')].map(({ confidence }) => confidence));

/** The rows of one call, and what an event does to them. */
export class CallRows {
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

  private bridges(change: (bridges: readonly BridgeView[]) => readonly BridgeView[]): void {
    this.call((row) => {
      const bridges = change(list<BridgeView>(row, 'bridges'));
      return { bridges: json(bridges), bridged_ms: bridgedMs(bridges) };
    });
  }

  start(data: Of<'CallStarted'>): void {
    this.rows.put(CALLS, {
      tenant_id: this.tenantId, call_id: this.callId, interaction_id: data.interactionId, direction: data.direction, node_id: data.nodeId, number_id: data.numberId, person_id: data.personId,
      from_number: data.from, from_name: data.fromName, to_number: data.to, from_key: keyIdOf(data.from), to_key: keyIdOf(data.to), started_at: this.at, confidence: 'seen',
      wait_ms: 0, ring_ms: 0, talk_ms: 0, hold_ms: 0, wrap_up_ms: 0, bridged_ms: 0, offers: 0, contacts: 0, holds: 0, transfers: [], bridges: [], recordings: [], differences: [], leg_ends: [], gaps: [], unheard: [],
    });
  }

  startLeg(data: Of<'LegStarted'>): void {
    const { legId, role, direction, origin, nodeId, agentId, offerId, personId, number, name } = data;
    this.rows.put(LEGS, {
      tenant_id: this.tenantId, call_id: this.callId, leg_id: legId, role, direction, origin, node_id: nodeId, agent_id: agentId, offer_id: offerId, person_id: personId, number, name, created_at: this.at, hold_ms: 0, holds: 0,
    });
  }

  adopt({ legId, fromCallId, passport }: Of<'LegAdopted'>): void {
    const { role, direction, origin, nodeId, agentId, offerId, personId, createdAt, answeredAt } = passport;
    this.rows.put(LEGS, {
      tenant_id: this.tenantId, call_id: this.callId, leg_id: legId, role, direction, origin, node_id: nodeId, agent_id: agentId, offer_id: offerId, person_id: personId, created_at: createdAt, answered_at: answeredAt,
      hold_ms: 0, holds: 0, adopted_from: fromCallId, adopted_at: this.at,
    });
    if (answeredAt !== null) this.call((row) => ({ answered_at: row['answered_at'] ?? this.at }));
    for (const recordingId of Object.values(passport.recordings ?? {})) this.startRecording(legId, recordingId);
  }

  /** Each call lists as much of a recording as was made in it. */
  startRecording(legId: string, recordingId: string): void {
    this.call((row) => ({ recordings: json([...list<RecordingView>(row, 'recordings'), { recordingId, legId, startedAt: this.at, stoppedAt: null }]) }));
  }

  stopRecording(recordingId: string): void {
    this.call((row) => ({ recordings: json(list<RecordingView>(row, 'recordings').map((each) => (each.recordingId === recordingId && each.stoppedAt === null ? { ...each, stoppedAt: this.at } : each))) }));
  }

  /** The phone of an agent who is being offered the call does not answer it for the caller. */
  answer(legId: string, at: string): void {
    let counts = false;
    this.leg(legId, (row) => {
      counts = row['offer_id'] === null || row['offer_id'] === undefined;
      return { answered_at: at };
    });
    if (counts) this.call((row) => ({ answered_at: row['answered_at'] ?? at }));
  }

  bridge({ legId, otherLegId, unheard }: Of<'LegsBridged'>): void {
    this.note('bridge', legId, unheard);
    this.bridges((bridges) => [...withoutBridgesOf(bridges, [legId, otherLegId], this.at), { legs: [legId, otherLegId], from: this.at, to: null }]);
  }

  /** Remembers what nobody heard as it happened: the call is known no better than that. */
  note(what: UnheardView['what'], legId: string, unheard: Unheard | undefined): void {
    if (unheard === undefined) return;
    this.call((row) => {
      const noted = [...list<UnheardView>(row, 'unheard'), unheardView(what, legId, this.at, unheard)];
      return { unheard: json(noted), confidence: confidenceOf({ ...row, unheard: json(noted) }) };
    });
  }

  unbridge(...legIds: readonly string[]): void {
    this.bridges((bridges) => withoutBridgesOf(bridges, legIds, this.at));
  }

  hold({ legId, unheard }: Of<'LegHeld'>): void {
    this.note('hold', legId, unheard);
    this.leg(legId, (row) => ({ holds: numberOf(row['holds']) + 1 }));
    this.call((row) => ({ holds: numberOf(row['holds']) + 1 }));
  }

  moveLeg({ legId, toCallId, passport }: Of<'LegMoved'>): void {
    this.unbridge(legId);
    for (const recordingId of Object.values(passport.recordings ?? {})) this.stopRecording(recordingId);
    this.leg(legId, (row) => ({ moved_to: toCallId, confidence: 'seen', cause: 'MOVED', ...this.legTimes(row, this.at) }));
    this.addEnd({ legId, role: passport.role, answered: passport.answeredAt !== null, at: this.at, cause: 'MOVED', hungUpBy: 'switch', confidence: 'seen' });
  }

  /** A leg that was gone before anybody saw it has its end as its first event. */
  private beginUnseen({ legId, role, agentId, offerId, times }: Of<'LegEnded'>): void {
    if (this.rows.get(LEGS, [...this.callKey, legId]) !== undefined) return;
    const nodeId = this.rows.get(CALLS, this.callKey)?.['node_id'] ?? null;
    this.rows.put(LEGS, { tenant_id: this.tenantId, call_id: this.callId, leg_id: legId, role, direction: 'outbound', node_id: nodeId, agent_id: agentId, offer_id: offerId ?? null, created_at: times.createdAt, hold_ms: 0, holds: 0 });
  }

  endLeg(data: Of<'LegEnded'>): void {
    const { legId, times, role, cause, hungUpBy, confidence, toFallback } = data;
    this.beginUnseen(data);
    if (times.answeredAt !== undefined) this.answer(legId, times.answeredAt);
    this.unbridge(legId);
    let ownRingMs = 0;
    let answered = false;
    this.leg(legId, (row) => {
      const told: Row = { created_at: times.createdAt, ringing_at: times.ringingAt ?? row['ringing_at'] ?? null, early_media_at: times.earlyMediaAt ?? row['early_media_at'] ?? null };
      const ended = this.legTimes({ ...row, ...told }, this.at);
      if (row['direction'] === 'outbound' && text(row['offer_id']) === null) ownRingMs = numberOf(ended['ring_ms']);
      answered = text(row['answered_at']) !== null;
      return {
        ...told, ...ended, cause, q850: data.q850, sip_status: data.sipStatus, hung_up_by: hungUpBy, confidence,
        earliest_end_at: data.bounds?.earliest ?? null, latest_end_at: data.bounds?.latest ?? null, evidence: data.evidence,
      };
    });
    this.call((row) => ({ ring_ms: numberOf(row['ring_ms']) + ownRingMs }));
    this.addEnd({ legId, role, answered, at: this.at, cause, hungUpBy, confidence, ...(toFallback === undefined ? {} : { toFallback }) });
  }

  /** A leg that was adopted counts in this call from then on; before, it counted in the other. */
  private legTimes(row: Readonly<Row>, endedAt: string): Row {
    const answeredAt = text(row['answered_at']);
    const adoptedAt = text(row['adopted_at']);
    return {
      ended_at: endedAt,
      duration_ms: elapsedMs(adoptedAt ?? row['created_at'], endedAt),
      ring_ms: adoptedAt !== null ? 0 : elapsedMs(row['ringing_at'], answeredAt ?? endedAt),
      answered_ms: answeredAt === null ? 0 : elapsedMs(later(answeredAt, adoptedAt), endedAt),
    };
  }

  private addEnd(end: LegEndView): void {
    this.call((row) => {
      const ends = [...list<LegEndView>(row, 'leg_ends').filter(({ legId }) => legId !== end.legId), end];
      return { leg_ends: json(ends), confidence: confidenceOf({ ...row, leg_ends: json(ends) }) };
    });
  }

  /** The call's end, its cause and who hung up follow from the legs' ends as they are known now. */
  correctEnd({ legId, cause, q850, hungUpBy, times, endedAt, toFallback }: Of<'LegEndCorrected'>): void {
    if (times.answeredAt !== undefined) this.answer(legId, times.answeredAt);
    this.leg(legId, (row) => ({ cause, q850, hung_up_by: hungUpBy, confidence: 'witnessed', created_at: times.createdAt, ...this.legTimes({ ...row, created_at: times.createdAt }, endedAt) }));
    this.call((row) => {
      const before = list<LegEndView>(row, 'leg_ends');
      const assumed = before.find((end) => end.legId === legId);
      if (assumed === undefined) return {};
      const answered = assumed.answered || times.answeredAt !== undefined;
      const ends = before.map((end): LegEndView => (end.legId === legId ? { ...end, answered, at: endedAt, cause, hungUpBy, confidence: 'witnessed', ...(toFallback === undefined ? {} : { toFallback }) } : end));
      const bridges = correctBridges(list<BridgeView>(row, 'bridges'), legId, assumed.at, endedAt);
      const corrected: Row = { ...row, leg_ends: json(ends), bridges: json(bridges), bridged_ms: bridgedMs(bridges) };
      return this.settled({ ...corrected, confidence: confidenceOf(corrected) });
    });
  }

  /** The sums of the call follow its segments; what was only inferred before is witnessed now. */
  correctSegment({ segmentId, kind, agentId, beganAt, endedAt, holdMs, reason }: Of<'SegmentEndCorrected'>): void {
    const spans: Row = kind === 'queue' ? { wait_ms: elapsedMs(beganAt, endedAt) } : { talk_ms: Math.max(0, elapsedMs(beganAt, endedAt) - holdMs), hold_ms: holdMs };
    // An answer that nobody heard is known as well as its bridge.
    const bridges = reason === 'answered' ? this.unheardBridges(endedAt) : [];
    let before: Readonly<Row> = {};
    this.segment(segmentId, (row) => {
      before = { ...row };
      const known = row['confidence'] === 'inferred' ? 'witnessed' : ((text(row['confidence']) ?? 'seen') as Confidence);
      return { ended_at: endedAt, reason, agent_id: agentId, confidence: leastCertain([known, ...bridges]), ...spans };
    });
    this.call((row) => {
      const sums = Object.fromEntries(Object.entries(spans).map(([column, ms]) => [column, numberOf(row[column]) + numberOf(ms) - numberOf(before[column])]));
      return this.settled({ ...row, ...sums, ...(kind === 'queue' ? { last_dequeue: reason } : {}) });
    });
  }

  /** The row of a call that has ended, with an end that agrees with the rest of it. */
  private settled(row: Row): Row {
    const end = callEndOf(list<LegEndView>(row, 'leg_ends'));
    return text(row['ended_at']) === null || end === undefined ? row : { ...row, ...this.callEnd(row, end.endedAt, end.cause, end.endedBy) };
  }

  private callEnd(row: Readonly<Row>, endedAt: string, cause: string, endedBy: string): Row {
    const outcome = { contacts: numberOf(row['contacts']), toFallback: list<LegEndView>(row, 'leg_ends').some(({ toFallback }) => toFallback === true), bridges: list(row, 'bridges').length, lastDequeue: text(row['last_dequeue']), answered: text(row['answered_at']) !== null, cause };
    return { ended_at: endedAt, duration_ms: elapsedMs(row['started_at'], endedAt), cause, ended_by: endedBy, disposition: dispositionOf(outcome) };
  }

  end({ cause, endedBy }: Of<'CallEnded'>): void {
    this.call((row, at) => this.callEnd(row, at, cause, endedBy));
  }

  enqueue(data: Of<'CallEnqueued'>): void {
    this.rows.put(SEGMENTS, {
      tenant_id: this.tenantId, call_id: this.callId, segment_id: data.segmentId, kind: 'queue', queue_id: data.queueId, leg_id: data.legId, started_at: this.at, waiting_since: data.waitingSince, priority: data.priority,
      confidence: 'seen', ring_ms: 0, offers: [], previous_segment_id: data.previousSegmentId,
    });
    this.call((row) => ({ queue_id: row['queue_id'] ?? data.queueId }));
  }

  dequeue(data: Of<'CallDequeued'>): void {
    const wait = elapsedMs(data.enqueuedAt, this.at);
    this.segment(data.segmentId, (row) => ({ ended_at: this.at, reason: data.reason, wait_ms: wait, agent_id: data.agentId, overflow_queue_id: data.overflowQueueId, confidence: this.endConfidence(row) }));
    this.call((row) => ({ wait_ms: numberOf(row['wait_ms']) + wait, last_dequeue: data.reason }));
  }

  /** A segment that ends with the end of a leg, or begins or ends with a bridge, is known as well as that. */
  private endConfidence(segment: Readonly<Row>): string {
    const call = this.rows.get(CALLS, this.callKey) ?? {};
    const inferred = list<LegEndView>(call, 'leg_ends').filter(({ at, confidence }) => at === this.at && confidence === 'inferred');
    return leastCertain([...inferred.map(({ confidence }) => confidence), ...this.unheardBridges(this.at), (text(segment['confidence']) ?? 'seen') as Confidence]);
  }

  /** How well the bridges are known that nobody heard begin or end at this time. */
  private unheardBridges(time: string): Confidence[] {
    const call = this.rows.get(CALLS, this.callKey) ?? {};
    return list<UnheardView>(call, 'unheard').filter(({ what, at }) => what === 'bridge' && at === time).map(({ confidence }) => confidence);
  }

  offer(data: Of<'OfferMade'>): void {
    const offer: OfferView = { offerId: data.offerId, agentId: data.agentId, madeAt: this.at, ringingAt: null, endedAt: null, outcome: null };
    this.segment(data.segmentId, (row) => ({ offers: json([...list<OfferView>(row, 'offers'), offer]) }));
    this.call((row) => ({ offers: numberOf(row['offers']) + 1 }));
  }

  ringOffer(data: Of<'OfferRinging'>): void {
    this.changeOffer(data, () => ({ ringingAt: this.at }));
  }

  private changeOffer({ segmentId, offerId }: { readonly segmentId: string; readonly offerId: string }, change: (offer: OfferView) => Partial<OfferView>): void {
    this.segment(segmentId, (row) => ({ offers: json(list<OfferView>(row, 'offers').map((offer) => (offer.offerId === offerId ? { ...offer, ...change(offer) } : offer))) }));
  }

  endOffer(data: Of<'OfferFailed'> | Of<'OfferDeclined'> | Of<'OfferAccepted'>, outcome: string): void {
    let rang = 0;
    this.changeOffer(data, (offer) => {
      // One that was accepted rang until then, also when the caller was gone before the bridge.
      if (offer.endedAt === null) rang = elapsedMs(offer.ringingAt, this.at);
      return { endedAt: this.at, outcome };
    });
    this.segment(data.segmentId, (row) => ({ ring_ms: numberOf(row['ring_ms']) + rang }));
    this.call((row) => ({ ring_ms: numberOf(row['ring_ms']) + rang }));
  }

  startContact(data: Of<'AgentContactStarted'>): void {
    this.rows.put(SEGMENTS, {
      tenant_id: this.tenantId, call_id: this.callId, segment_id: data.segmentId, kind: 'agent-contact', queue_id: data.queueId, agent_id: data.agentId, leg_id: data.legId, started_at: this.at, confidence: this.endConfidence({}), offers: [],
    });
    this.call((row) => ({ agent_id: data.agentId, contacts: numberOf(row['contacts']) + 1 }));
  }

  endContact(data: Of<'AgentContactEnded'>): void {
    const talk = Math.max(0, elapsedMs(data.startedAt, this.at) - data.holdMs);
    this.segment(data.segmentId, (row) => ({ ended_at: this.at, reason: data.reason, talk_ms: talk, hold_ms: data.holdMs, confidence: this.endConfidence(row) }));
    this.call((row) => ({ talk_ms: numberOf(row['talk_ms']) + talk, hold_ms: numberOf(row['hold_ms']) + data.holdMs }));
  }

  /** Over when it was told of: the call's end, sums and outcome follow. */
  witnessContact({ segmentId, staySegmentId, queueId, agentId, offerId, legId, startedAt, endedAt, reason, unheard }: Of<'AgentContactWitnessed'>): void {
    const talk = elapsedMs(startedAt, endedAt);
    this.rows.put(SEGMENTS, {
      tenant_id: this.tenantId, call_id: this.callId, segment_id: segmentId, kind: 'agent-contact', queue_id: queueId, agent_id: agentId, leg_id: legId, started_at: startedAt, ended_at: endedAt, reason,
      talk_ms: talk, hold_ms: 0, confidence: unheard.confidence, offers: [],
    });
    this.changeOffer({ segmentId: staySegmentId, offerId }, () => ({ outcome: 'accepted' }));
    this.call((row) => this.settled({ ...row, agent_id: agentId, contacts: numberOf(row['contacts']) + 1, talk_ms: numberOf(row['talk_ms']) + talk }));
  }

  endWrapUp(data: Of<'AgentWrapUpEnded'>): void {
    const wrapUp = elapsedMs(data.since, this.at);
    this.segment(data.segmentId, () => ({ wrap_up_ms: wrapUp, wrap_up_ended_at: this.at }));
    this.call((row) => ({ wrap_up_ms: numberOf(row['wrap_up_ms']) + wrapUp }));
  }
}
