import type { CallCommand } from './call.commands.js';
import { request } from './action-request.js';
import type { CallEvent, Unheard } from './call.events.js';
import { type CallState, evolveCall, type Leg } from './call.state.js';
import { endLeg } from './leg-end.js';
import { connectIfAccepted } from './offers.js';
import { leave } from './queueing.js';
import { tellBridge } from './unheard-bridge.js';

type RecordLegFact = Extract<CallCommand, { type: 'RecordLegFact' }>;

/**
 * The agent answered: with both seen, answered and parked, the offer is accepted, and only then are
 * the legs bridged. A caller who hung up meanwhile has closed the offer, and wins.
 */
const acceptIfReady = (command: RecordLegFact, state: CallState, leg: Leg): readonly CallEvent[] => {
  const offer = leg.offerId === null ? undefined : state.offers[leg.offerId];
  const queue = state.queue;
  if (offer === undefined || queue === null || (offer.status !== 'made' && offer.status !== 'ringing')) return [];
  if (leg.answeredAt === null || !leg.parked || queue.segmentId !== offer.segmentId) return [];
  const caller = state.legs[queue.legId];
  if (caller === undefined || caller.end !== null) return [];
  const { offerId, segmentId, queueId, agentId, shiftId, legId } = offer;
  const { meta } = command;
  return [
    { type: 'OfferAccepted', data: { offerId, segmentId, queueId, agentId, shiftId, legId, waitedSince: queue.waitingSince } },
    ...(caller.answeredAt === null && caller.direction === 'inbound' ? [request(meta, state, { actionId: `${offerId}:answer`, channelId: caller.legId, deed: 'answer' })] : []),
    request(meta, state, { actionId: `${offerId}:bridge`, channelId: caller.legId, deed: 'bridge', otherChannelId: legId }),
  ];
};

const unheardOf = ({ unheard }: { readonly unheard?: Unheard }): { readonly unheard?: Unheard } => (unheard === undefined ? {} : { unheard });

const thenAccept = (command: RecordLegFact, state: CallState, event: CallEvent, legId: string): readonly CallEvent[] => {
  const next = evolveCall(state, { ...event, occurredAt: command.meta.at });
  const leg = next.legs[legId];
  return leg === undefined ? [event] : [event, ...acceptIfReady(command, next, leg)];
};

/** Who was sent elsewhere, to the fallback of the dialplan say, does not wait any more, and is not taken away from there. */
const leaveQueueBy = ({ meta }: RecordLegFact, state: CallState, legId: string): readonly CallEvent[] => {
  const { queue } = state;
  if (queue === null || queue.legId !== legId) return [];
  const occurredAt = meta.at < queue.enqueuedAt ? queue.enqueuedAt : meta.at;
  return leave(meta, state, queue, 'transferred', null).map((event) => ({ ...event, occurredAt }));
};

/** What a switch says about a leg; whatever changes nothing records nothing. */
export const recordLegFact = (command: RecordLegFact, state: CallState): readonly CallEvent[] => {
  const { legId, fact } = command.data;
  const leg = state.legs[legId];
  if (leg === undefined || leg.end !== null) return [];
  switch (fact.kind) {
    case 'ringing': {
      if (leg.ringingAt !== null) return [];
      const offer = leg.offerId === null ? undefined : state.offers[leg.offerId];
      const rings: CallEvent[] = offer?.status === 'made' ? [{ type: 'OfferRinging', data: { offerId: offer.offerId, segmentId: offer.segmentId, agentId: offer.agentId, shiftId: offer.shiftId } }] : [];
      return [{ type: 'LegRinging', data: { legId } }, ...rings];
    }
    case 'early-media':
      return leg.earlyMediaAt === null ? [{ type: 'LegEarlyMedia', data: { legId } }] : [];
    case 'answered':
      return leg.answeredAt === null ? thenAccept(command, state, { type: 'LegAnswered', data: { legId } }, legId) : [];
    case 'parked':
      return leg.parked ? [] : thenAccept(command, state, { type: 'LegParked', data: { legId } }, legId);
    case 'unparked':
      return [];
    case 'bridged':
      if (leg.bridgedWith === fact.otherLegId || state.legs[fact.otherLegId] === undefined) return [];
      return [{ type: 'LegsBridged', data: { legId, otherLegId: fact.otherLegId, ...unheardOf(fact) } }, ...connectIfAccepted(state, [legId, fact.otherLegId])];
    case 'unbridged':
      return leg.bridgedWith === fact.otherLegId ? [{ type: 'LegsUnbridged', data: { legId, otherLegId: fact.otherLegId, ...unheardOf(fact) } }] : [];
    case 'held':
      return leg.heldSince === null ? [{ type: 'LegHeld', data: { legId, by: fact.by, ...unheardOf(fact) } }] : [];
    case 'resumed':
      return leg.heldSince === null ? [] : [{ type: 'LegResumed', data: { legId, heldSince: leg.heldSince, ...unheardOf(fact) } }];
    case 'transferred':
      return [{ type: 'LegTransferred', data: { legId, how: fact.how, personId: leg.personId, destination: fact.destination } }, ...leaveQueueBy(command, state, legId)];
    case 'digits-collected': {
      const action = fact.actionId === null ? undefined : state.actions[fact.actionId];
      return action?.sensitive === true
        ? []
        : [{ type: 'DigitsCollected', data: { legId, actionId: fact.actionId, personId: leg.personId, digits: fact.digits, result: fact.result } }];
    }
    case 'playback-started':
      return [{ type: 'PlaybackStarted', data: { legId, media: fact.media } }];
    case 'playback-stopped':
      return [{ type: 'PlaybackStopped', data: { legId, media: fact.media, interrupted: fact.interrupted } }];
    case 'recording-started': {
      if (Object.hasOwn(leg.recordings, fact.path)) return [];
      const asked = Object.values(state.actions).find((action) => action.deed === 'start-recording' && action.path === fact.path);
      return [{ type: 'RecordingStarted', data: { legId, nodeId: leg.nodeId, recordingId: asked?.recordingId ?? state.expectedRecordings[fact.path] ?? command.meta.commandId, path: fact.path } }];
    }
    case 'recording-stopped': {
      const recordingId = leg.recordings[fact.path];
      return recordingId === undefined ? [] : [{ type: 'RecordingStopped', data: { legId, nodeId: leg.nodeId, recordingId, path: fact.path, durationMs: fact.durationMs } }];
    }
    case 'ended': {
      const { kind: _kind, bridge, ...end } = fact;
      const { meta } = command;
      const told = tellBridge(state, meta, { legId, bridge, evidence: 'hang-up', ending: { at: meta.at, hungUpBy: end.hungUpBy } });
      const now = told.reduce((before, event) => evolveCall(before, { ...event, occurredAt: event.occurredAt ?? meta.at }), state);
      return [...told, ...endLeg(now, meta, legId, meta.at, { ...end, confidence: 'seen', bounds: null, evidence: null })];
    }
    default:
      fact satisfies never;
      return [];
  }
};
