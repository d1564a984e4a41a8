import type { CommandMeta } from '../../../kernel/command.js';
import { msOf } from '../../../kernel/clock.js';
import type { CallCommand } from './call.commands.js';
import { request } from './action-request.js';
import type { CallEvent, Confidence, ContactEnd, DequeueReason, HungUpBy, LegPassport, LegTimes, OfferFailure } from './call.events.js';
import { type CallState, type Contact, evolveCall, type Leg, liveLegs, openOffers } from './call.state.js';
import { failOffer, offerFailureOf } from './offers.js';
import { gaveUpAfterAll } from './segment-ends.js';

interface EndFacts {
  readonly cause: string;
  readonly q850: number | null;
  readonly sipStatus: number | null;
  readonly hungUpBy: HungUpBy;
  /** undefined: as far as the call saw them itself. */
  readonly times: LegTimes | undefined;
  readonly confidence: Confidence;
  readonly bounds: { readonly earliest: string; readonly latest: string } | null;
  readonly evidence: string | null;
  readonly toFallback?: true;
}

const timesOf = (leg: Leg): LegTimes => ({
  createdAt: leg.createdAt,
  ...(leg.ringingAt !== null && { ringingAt: leg.ringingAt }),
  ...(leg.earlyMediaAt !== null && { earlyMediaAt: leg.earlyMediaAt }),
  ...(leg.answeredAt !== null && { answeredAt: leg.answeredAt }),
});

/** Everything that follows from the end of a leg: the queue, the offers, the contact and the call. */
export const endLeg = (state: CallState, meta: CommandMeta, legId: string, at: string, facts: EndFacts): readonly CallEvent[] => {
  const leg = state.legs[legId];
  if (leg === undefined) return endUnseenLeg(state, legId, at, facts);
  if (leg.end !== null) return [];
  const events: CallEvent[] = [];
  let now = state;
  const add = (event: CallEvent): void => {
    events.push({ ...event, occurredAt: at });
    now = evolveCall(now, { ...event, occurredAt: at });
  };
  const { times, ...end } = facts;

  for (const [path, recordingId] of Object.entries(leg.recordings)) add({ type: 'RecordingStopped', data: { legId, nodeId: leg.nodeId, recordingId, path, durationMs: null } });
  if (leg.heldSince !== null) add({ type: 'LegResumed', data: { legId, heldSince: leg.heldSince } });
  add({ type: 'LegEnded', data: { legId, role: leg.role, agentId: leg.agentId, shiftId: leg.shiftId, ...(leg.offerId === null ? {} : { offerId: leg.offerId }), ...end, times: times ?? timesOf(leg) } });

  for (const event of gaveUpAfterAll(now, legId, at, facts.hungUpBy)) add(event);

  const how: Leaving = {
    dequeue: facts.hungUpBy === 'switch' ? 'hung-up' : 'abandoned',
    offer: offerFailureOf(facts.cause),
    cause: facts.cause,
    contact: now.contact === null ? 'switch' : contactEnd(state, now.contact.legId, leg, facts.hungUpBy),
  };
  for (const event of afterLeg(now, meta, leg, at, how)) add(event);
  return events;
};

/** The leg goes on in another call; here it is over. */
export const moveLeg = (command: Extract<CallCommand, { type: 'MoveLeg' }>, state: CallState): readonly CallEvent[] => {
  const { passport, toCallId, at } = command.data;
  const leg = state.legs[passport.legId];
  // It is on its way here and has left again: whoever brings it late is told so.
  if (leg === undefined) return state.status === 'live' && passport.move !== undefined ? [{ type: 'LegMoved', data: { legId: passport.legId, toCallId, passport }, occurredAt: at }] : [];
  if (leg.end !== null || !isNewer(passport, leg, at < leg.joinedAt)) return [];
  const { recordings } = leg;
  const moved = { type: 'LegMoved' as const, data: { legId: leg.legId, toCallId, passport: Object.keys(recordings).length === 0 ? passport : { ...passport, recordings } }, occurredAt: at };
  const next = evolveCall(state, moved);
  return [moved, ...afterLeg(next, command.meta, leg, at, { dequeue: 'transferred', offer: 'rescinded', cause: null, contact: 'transferred' }).map((event) => ({ ...event, occurredAt: at }))];
};

/** Whether the move comes after all that is known of the leg here; `late`: by the clock it does not, for passports that do not count. */
export const isNewer = ({ move }: LegPassport, leg: Leg, late: boolean): boolean => (move === undefined ? !late : move > leg.moves);

/** What the leaving of a leg makes of the stay in the queue, of offers and of the contact. */
interface Leaving {
  readonly dequeue: DequeueReason;
  readonly offer: OfferFailure;
  readonly cause: string | null;
  readonly contact: ContactEnd;
}

/** Everything that follows once a leg has left the call. */
const afterLeg = (state: CallState, meta: CommandMeta, leg: Leg, at: string, how: Leaving): readonly CallEvent[] => {
  const events: CallEvent[] = [];
  let now = state;
  const add = (event: CallEvent): void => {
    events.push(event);
    now = evolveCall(now, { ...event, occurredAt: at });
  };
  const { queue, contact } = state;
  if (queue !== null && queue.legId === leg.legId) {
    add({ type: 'CallDequeued', data: { segmentId: queue.segmentId, queueId: queue.queueId, enqueuedAt: queue.enqueuedAt, reason: how.dequeue, agentId: null, overflowQueueId: null } });
    for (const offer of openOffers(state)) {
      for (const event of failOffer(state, offer, 'rescinded', null)) add(event);
      if (state.legs[offer.legId]?.end === null) add(request(meta, state, { actionId: `${meta.commandId}:${offer.legId}`, channelId: offer.legId, deed: 'hang-up', cause: 'ORIGINATOR_CANCEL' }));
    }
  }

  const own = leg.offerId === null ? undefined : now.offers[leg.offerId];
  if (own !== undefined) for (const event of failOffer(now, own, how.offer, how.cause)) add(event);

  if (contact !== null && endsContact(now, contact, leg)) {
    const heldMs = contact.heldSince === null ? 0 : Math.max(0, msOf(at) - msOf(contact.heldSince));
    const { heldSince: _heldSince, lastHold: _lastHold, holdMs, legId: _legId, ...rest } = contact;
    add({ type: 'AgentContactEnded', data: { ...rest, holdMs: holdMs + heldMs, reason: how.contact } });
  }

  for (const event of endCallIfOver(now)) add(event);
  return events;
};

/** The agent's leg, or that of the person whom the contact is with: somebody who was only consulted leaves it as it is. */
const endsContact = (state: CallState, contact: Contact, leg: Leg): boolean =>
  contact.legId === leg.legId || leg.role === 'caller' || (leg.role === 'callee' && !liveLegs(state).some((other) => other.role === 'caller'));

/** A leg that the switch began for us, and that was gone before anybody saw it. */
const endUnseenLeg = (state: CallState, legId: string, at: string, facts: EndFacts): readonly CallEvent[] => {
  if (!state.expectedLegs.includes(legId)) return [];
  const offer = Object.values(state.offers).find((candidate) => candidate.legId === legId);
  const { times, ...end } = facts;
  const ended: CallEvent = {
    type: 'LegEnded',
    data: { legId, role: offer === undefined ? 'callee' : 'agent', agentId: offer?.agentId ?? null, shiftId: offer?.shiftId ?? null, ...(offer === undefined ? {} : { offerId: offer.offerId }), ...end, times: times ?? { createdAt: facts.bounds?.earliest ?? at } },
    occurredAt: at,
  };
  const events: CallEvent[] = [ended, ...(offer === undefined ? [] : failOffer(state, offer, offerFailureOf(facts.cause), facts.cause))];
  return [...events, ...endCallIfOver(events.reduce((now, event) => evolveCall(now, { ...event, occurredAt: at }), state))];
};

const contactEnd = (state: CallState, agentLegId: string, leg: Leg, hungUpBy: HungUpBy): ContactEnd => {
  if (Object.values(state.legs).some((other) => other.transferred && other.end === null)) return 'transferred';
  if (hungUpBy === 'far-end') return leg.legId === agentLegId ? 'agent-hung-up' : 'caller-hung-up';
  const other = Object.values(state.legs).find((candidate) => candidate.legId !== leg.legId && candidate.end?.hungUpBy === 'far-end' && candidate.answeredAt !== null);
  if (other !== undefined) return other.legId === agentLegId ? 'agent-hung-up' : 'caller-hung-up';
  return 'switch';
};

/** A call is over when no leg lives and none is on its way. `cause`: why the only leg never came to be. */
export const endCallIfOver = (state: CallState, cause = 'NO_ROUTE_DESTINATION'): readonly CallEvent[] => {
  if (state.status !== 'live' || liveLegs(state).length > 0 || state.expectedLegs.length > 0) return [];
  if (Object.values(state.actions).some((action) => action.deed === 'originate' && state.legs[action.channelId] === undefined)) return [];
  const ended = Object.values(state.legs).filter((leg) => leg.end !== null && (leg.role !== 'agent' || leg.answeredAt !== null));
  const byTime = [...ended].sort((a, b) => msOf(a.end?.at ?? a.createdAt) - msOf(b.end?.at ?? b.createdAt));
  const last = byTime.at(-1) ?? Object.values(state.legs).at(-1);
  const first = byTime.find((leg) => leg.end?.hungUpBy === 'far-end');
  const confidence: Confidence = byTime.some((leg) => leg.end?.confidence === 'inferred') ? 'inferred' : 'seen';
  return [{
    type: 'CallEnded',
    data: {
      callId: state.callId,
      cause: (first ?? last)?.end?.cause ?? cause,
      endedBy: first === undefined ? (confidence === 'inferred' ? 'unknown' : 'switch') : first.role === 'other' ? 'unknown' : first.role,
      confidence,
    },
  }];
};
