import type { CommandMeta } from '../../../kernel/command.js';
import { isoTime, msOf } from '../../../kernel/clock.js';
import { request } from './action-request.js';
import type { CallEvent, ContactEnd, HungUpBy, ToldBridge, Unheard } from './call.events.js';
import { type CallState, evolveCall, type Leg, type Offer, openOffers } from './call.state.js';
import { TOLERANCE_MS } from './tolerance.js';
import { connectIfAccepted, failOffer } from './offers.js';

/** The end of the leg whose switch tells of the bridge, when it is not on record yet. */
interface Ending {
  readonly at: string;
  readonly hungUpBy: HungUpBy;
}

interface Told {
  readonly legId: string;
  readonly bridge: ToldBridge | undefined;
  readonly evidence: Unheard['evidence'];
  readonly ending: Ending | null;
}

/**
 * What follows from a bridge that the switch tells of at the end of a leg and that nobody heard: the two
 * talked; a caller who waited was answered, also where they had passed for gone; and the agent was in
 * contact with them. One that was heard changes nothing.
 */
export const tellBridge = (state: CallState, meta: CommandMeta, { legId, bridge, evidence, ending }: Told): readonly CallEvent[] => {
  const leg = state.legs[legId];
  const other = bridge === undefined ? undefined : state.legs[bridge.otherLegId];
  if (bridge === undefined || leg === undefined || other === undefined || wasHeard(leg, bridge)) return [];
  if (leg.end === null && other.end === null) return bridge.at === null ? [] : asItGoesOn(state, leg, other, bridge.at, evidence);
  return inThePast(state, meta, [leg, other], bridge.at, evidence, ending);
};

/** A bridge whose begin the switch has forgotten may be the one on record; one that was dated by when it was found surely is. */
const wasHeard = ({ lastBridge }: Leg, { otherLegId, at }: ToldBridge): boolean =>
  lastBridge?.otherLegId === otherLegId && (at === null || !lastBridge.exact || msOf(lastBridge.at) >= msOf(at) - TOLERANCE_MS);

/** Both legs are still on record as living: their ends end whatever begins here. */
const asItGoesOn = (state: CallState, leg: Leg, other: Leg, at: string, evidence: Unheard['evidence']): readonly CallEvent[] => {
  const { events, add, now } = collect(state);
  const offer = offerOf(state, leg, other);
  // The switch's clock may be behind that of who took the caller into the queue.
  const answeredAt = state.queue === null ? at : later(at, state.queue.enqueuedAt);
  if (offer !== undefined && (offer.status === 'made' || offer.status === 'ringing')) for (const event of accepted(state, offer)) add(answeredAt, event);
  add(at, { type: 'LegsBridged', data: { legId: leg.legId, otherLegId: other.legId, unheard: { confidence: 'witnessed', evidence, bounds: null } } });
  for (const event of connectIfAccepted(now(), [leg.legId, other.legId])) add(answeredAt, event);
  return events;
};

const accepted = ({ queue }: CallState, { offerId, segmentId, queueId, agentId, shiftId, legId }: Offer): readonly CallEvent[] =>
  queue?.segmentId === segmentId ? [{ type: 'OfferAccepted', data: { offerId, segmentId, queueId, agentId, shiftId, legId, waitedSince: queue.waitingSince } }] : [];

/** One of the legs is over, and so is what it was in. */
const inThePast = (state: CallState, meta: CommandMeta, legs: readonly [Leg, Leg], toldAt: string | null, evidence: Unheard['evidence'], ending: Ending | null): readonly CallEvent[] => {
  const [leg, other] = legs;
  const ended = firstEnd(legs, ending);
  const earliest = legs.map((each) => each.answeredAt ?? each.joinedAt).reduce(later);
  const from = toldAt ?? earliest;
  const to = later(from, ended.at);
  const unheard: Unheard = toldAt === null ? { confidence: 'inferred', evidence, bounds: { earliest, latest: to } } : { confidence: 'witnessed', evidence, bounds: null };
  const { events, add } = collect(state);
  const pair = { legId: leg.legId, otherLegId: other.legId, unheard };
  add(from, { type: 'LegsBridged', data: pair });
  add(to, { type: 'LegsUnbridged', data: pair });

  const offer = offerOf(state, leg, other);
  if (offer === undefined || offer.status === 'connected') return events;
  const { offerId, segmentId, queueId, agentId, shiftId, legId } = offer;
  const { queue } = state;
  if (queue?.segmentId === segmentId) {
    for (const open of openOffers(state).filter((each) => each.offerId !== offerId)) {
      for (const event of failOffer(state, open, 'rescinded', null)) add(meta.at, event);
      if (state.legs[open.legId]?.end === null) add(meta.at, request(meta, state, { actionId: `${meta.commandId}:${open.legId}`, channelId: open.legId, deed: 'hang-up', cause: 'ORIGINATOR_CANCEL' }));
    }
    add(later(from, queue.enqueuedAt), { type: 'CallDequeued', data: { segmentId, queueId, enqueuedAt: queue.enqueuedAt, reason: 'answered', agentId, overflowQueueId: null } });
  }
  const stay = state.unanswered.find((each) => each.segmentId === segmentId);
  if (stay !== undefined) {
    add(meta.at, { type: 'SegmentEndCorrected', data: { segmentId, kind: 'queue', queueId, agentId, offerId, beganAt: stay.enqueuedAt, endedAt: later(from, stay.enqueuedAt), holdMs: 0, reason: 'answered' } });
  }
  add(meta.at, { type: 'AgentContactWitnessed', data: { segmentId: offerId, staySegmentId: segmentId, queueId, agentId, shiftId, offerId, legId, startedAt: from, endedAt: to, reason: endOf(legs, legId, ended), unheard } });
  return events;
};

/** The offer that one of the legs was for. */
const offerOf = (state: CallState, leg: Leg, other: Leg): Offer | undefined => Object.values(state.offers).find(({ legId }) => legId === leg.legId || legId === other.legId);

interface End extends Ending {
  readonly legId: string;
}

/** Which of the two ended first. An end that is only inferred says nothing beside one that is known. */
const firstEnd = ([leg, other]: readonly [Leg, Leg], ending: Ending | null): End => {
  const ends = [leg, other].flatMap(({ legId, end }) => (end === null ? [] : [{ legId, at: end.at, hungUpBy: end.hungUpBy, inferred: end.confidence === 'inferred' }]));
  const all = ending === null || leg.end !== null ? ends : [...ends, { ...ending, legId: leg.legId, inferred: false }];
  const known = all.filter(({ inferred }) => !inferred);
  return (known.length > 0 ? known : all).reduce((first, each) => (msOf(each.at) < msOf(first.at) ? each : first));
};

const endOf = (legs: readonly [Leg, Leg], agentLegId: string, { legId, hungUpBy }: End): ContactEnd => {
  if (legs.some(({ transferred }) => transferred)) return 'transferred';
  if (hungUpBy !== 'far-end') return 'switch';
  return legId === agentLegId ? 'agent-hung-up' : 'caller-hung-up';
};

const later = (a: string, b: string): string => isoTime(Math.max(msOf(a), msOf(b)));

const collect = (state: CallState): { readonly events: CallEvent[]; add(at: string, event: CallEvent): void; now(): CallState } => {
  const events: CallEvent[] = [];
  let now = state;
  return {
    events,
    now: () => now,
    add: (occurredAt, event) => {
      events.push({ ...event, occurredAt });
      now = evolveCall(now, { ...event, occurredAt });
    },
  };
};
