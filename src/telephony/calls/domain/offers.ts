import { DomainError } from '../../../kernel/errors.js';
import type { CallCommand } from './call.commands.js';
import { request } from './action-request.js';
import type { CallEvent, OfferFailure } from './call.events.js';
import { type CallState, isOpen, type Offer, openOffers } from './call.state.js';

type OfferCommand = Extract<CallCommand, { type: 'MakeOffer' | 'DeclineOffer' | 'RingAgent' | 'ExpireOffer' | 'RescindOffer' }>;

const OFFER_FAILURE_OF_CAUSE: Readonly<Record<string, OfferFailure>> = {
  NO_ANSWER: 'no-answer',
  NO_USER_RESPONSE: 'no-answer',
  ALLOTTED_TIMEOUT: 'no-answer',
  ORIGINATOR_CANCEL: 'no-answer',
  PROGRESS_TIMEOUT: 'no-answer',
  USER_BUSY: 'busy',
  CALL_REJECTED: 'rejected',
};

/** Whether the agent let it ring, was busy, refused, or could not be reached, by the cause of the leg's end. */
export const offerFailureOf = (cause: string): OfferFailure => OFFER_FAILURE_OF_CAUSE[cause] ?? 'unreachable';

/** Ends an offer that became no contact; one that is closed already stays as it is. */
export const failOffer = (state: CallState, offer: Offer, failure: OfferFailure, cause: string | null): readonly CallEvent[] => {
  if (!isOpen(state.offers[offer.offerId])) return [];
  const { offerId, segmentId, queueId, agentId, shiftId } = offer;
  return [{ type: 'OfferFailed', data: { offerId, segmentId, queueId, agentId, shiftId, failure, cause } }];
};

/** The caller is with the agent: the wait is over, and the contact, which bears the offer's id, begins. */
export const connectIfAccepted = (state: CallState, legIds: readonly string[]): readonly CallEvent[] => {
  const queue = state.queue;
  const offer = queue === null ? undefined : Object.values(state.offers).find((candidate) => candidate.segmentId === queue.segmentId && candidate.status === 'accepted');
  if (queue === null || offer === undefined || !legIds.includes(queue.legId) || !legIds.includes(offer.legId)) return [];
  const { offerId, segmentId, queueId, agentId, shiftId, legId } = offer;
  return [
    { type: 'CallDequeued', data: { segmentId, queueId, enqueuedAt: queue.enqueuedAt, reason: 'answered', agentId, overflowQueueId: null } },
    { type: 'AgentContactStarted', data: { segmentId: offerId, queueId, agentId, shiftId, offerId, legId } },
  ];
};

export const decideOffer = (command: OfferCommand, state: CallState): readonly CallEvent[] => {
  const { meta } = command;
  if (command.type === 'MakeOffer') {
    const { segmentId, offerId } = command.data;
    if (state.offers[offerId] !== undefined) return [];
    const queue = state.queue;
    if (queue === null || queue.segmentId !== segmentId) throw new DomainError('conflict', 'not-waiting', 'the caller does not wait in this segment any more');
    if (openOffers(state).length > 0) throw new DomainError('conflict', 'offer-open', 'the caller is being offered to an agent already');
    return [{ type: 'OfferMade', data: { ...command.data, queueId: queue.queueId } }];
  }

  const offer = state.offers[command.data.offerId];
  if (!isOpen(offer)) return [];
  const { offerId, segmentId, queueId, agentId, shiftId } = offer;
  switch (command.type) {
    case 'DeclineOffer':
      return [{ type: 'OfferDeclined', data: { offerId, segmentId, queueId, agentId, shiftId, code: command.data.code } }];
    case 'RingAgent': {
      if (Object.values(state.actions).some((action) => action.deed === 'originate' && action.channelId === offer.legId) || state.legs[offer.legId] !== undefined || state.expectedLegs.includes(offer.legId)) return [];
      return [
        request(meta, { ...state, agentId }, {
          actionId: `${offerId}:originate`,
          channelId: offer.legId,
          deed: 'originate',
          whom: 'agent',
          callId: state.callId,
          tenantId: meta.tenantId,
          address: offer.address,
          callerNumber: state.from,
          callerName: state.fromName,
          timeoutMs: offer.ringTimeoutMs,
        }),
      ];
    }
    case 'ExpireOffer':
    case 'RescindOffer': {
      const leg = state.legs[offer.legId];
      return [
        ...failOffer(state, offer, command.type === 'RescindOffer' ? 'rescinded' : leg?.ringingAt != null && leg.answeredAt === null ? 'no-answer' : 'expired', null),
        ...(leg !== undefined && leg.end === null ? [request(meta, state, { actionId: `${meta.commandId}:hang-up`, channelId: offer.legId, deed: 'hang-up', cause: 'NO_ANSWER' })] : []),
      ];
    }
    default:
      command satisfies never;
      return [];
  }
};
