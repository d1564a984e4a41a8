import type { CommandMeta } from '../../../kernel/command.js';
import type { Decider } from '../../../kernel/decider.js';
import { DomainError } from '../../../kernel/errors.js';
import type { CallCommand, NewLeg } from './call.commands.js';
import { type CallEvent, callEventSpecs } from './call.events.js';
import { type CallState, evolveCall, initialCall } from './call.state.js';
import { decideAction, settleAction, startAction } from './action-decisions.js';
import { hangUpCall } from './hang-up.js';
import { request } from './action-request.js';
import { recordLegFact } from './leg-facts.js';
import { endLeg, moveLeg } from './leg-end.js';
import { witnessLegEnd } from './witnessed-end.js';
import { adoptLeg } from './leg-adoption.js';
import { decideQueueing } from './queueing.js';
import { decideOffer } from './offers.js';

const legStarted = (leg: NewLeg, offerId: string | null, shiftId: string | null): CallEvent => ({
  type: 'LegStarted',
  data: { ...leg, shiftId: leg.shiftId ?? shiftId, offerId },
});

const start = (command: Extract<CallCommand, { type: 'StartCall' }>, state: CallState): readonly CallEvent[] => {
  if (state.status !== 'none') return [];
  const { leg, ...call } = command.data;
  return [{ type: 'CallStarted', data: { ...call, nodeId: leg.nodeId, personId: leg.personId } }, legStarted(leg, null, null)];
};

const place = (command: Extract<CallCommand, { type: 'PlaceCall' }>, state: CallState): readonly CallEvent[] => {
  if (state.status !== 'none') throw new DomainError('conflict', 'call-exists', 'a call with this id exists already');
  const { callId, nodeId, legId, personId, from, fromName, to, address, timeoutMs } = command.data;
  return [
    { type: 'CallStarted', data: { callId, interactionId: callId, nodeId, switchSessionId: '', direction: 'outbound', personId, numberId: null, from, fromName, to } },
    request(command.meta, { nodeId, personId }, {
      actionId: `${command.meta.commandId}:originate`,
      channelId: legId,
      deed: 'originate',
      whom: 'customer',
      callId,
      tenantId: command.meta.tenantId,
      address,
      callerNumber: from,
      callerName: fromName,
      timeoutMs,
    }, timeoutMs + 10_000),
  ];
};

/** A leg that joins: the agent of an offer, or one that the switch bridged or dialled by itself. */
const addLeg = (command: Extract<CallCommand, { type: 'AddLeg' }>, state: CallState): readonly CallEvent[] => {
  const { leg } = command.data;
  if (state.legs[leg.legId] !== undefined) return [];
  const offer = Object.values(state.offers).find((candidate) => candidate.legId === leg.legId);
  if (offer === undefined && state.status === 'live') return [legStarted(leg, null, null)];
  if (offer === undefined) return [legStarted(leg, null, null), hangUp(command.meta, state, leg.legId)];
  const started = legStarted({ ...leg, role: 'agent', agentId: offer.agentId, personId: offer.agentId }, offer.offerId, offer.shiftId);
  if (offer.status !== 'closed') return [started];
  // The offer came to nothing while the originate was on its way to the switch.
  return [started, hangUp(command.meta, state, leg.legId)];
};

/** Nobody waits any more for a leg that was asked for. */
const hangUp = (meta: CommandMeta, state: CallState, legId: string): CallEvent =>
  request(meta, state, { actionId: `${meta.commandId}:hang-up`, channelId: legId, deed: 'hang-up', cause: 'ORIGINATOR_CANCEL' });

/**
 * One conversation: its legs, its stay in a queue, the offers of it to agents, the contact with an
 * agent, and the deeds asked of the switch for it. Facts about legs that it does not know, or that
 * change nothing, record nothing; whatever a person or another part asks is refused with a reason
 * when it cannot be done.
 */
export const callDecider: Decider<CallState, CallCommand, CallEvent> = {
  category: 'call',
  version: 5,
  eventTypes: Object.keys(callEventSpecs) as CallEvent['type'][],
  opens: ['StartCall'],
  initialState: initialCall,
  evolve: evolveCall,
  decide(command, state) {
    switch (command.type) {
      case 'StartCall':
        return start(command, state);
      case 'PlaceCall':
        return place(command, state);
      case 'AddLeg':
        return state.status === 'none' ? [] : addLeg(command, state);
      case 'RecordLegFact':
        return recordLegFact(command, state);
      case 'MoveLeg':
        return moveLeg(command, state);
      case 'AdoptLeg':
        return adoptLeg(command, state);
      case 'InferLegEnd': {
        const { legId, evidence, earliest, endedAt, latest } = command.data;
        return endLeg(state, command.meta, legId, endedAt, {
          cause: 'UNKNOWN',
          q850: null,
          sipStatus: null,
          hungUpBy: 'unknown',
          times: undefined,
          confidence: 'inferred',
          bounds: { earliest, latest },
          evidence,
        });
      }
      case 'NoteUnheard':
        return state.status === 'live' ? [{ type: 'CallUnheard', data: command.data, occurredAt: command.data.to }] : [];
      case 'WitnessLegEnd':
        return witnessLegEnd(command, state);
      case 'EnqueueCall':
      case 'DequeueCall':
      case 'ExpireQueueWait':
        return decideQueueing(command, state);
      case 'MakeOffer':
      case 'DeclineOffer':
      case 'RingAgent':
      case 'ExpireOffer':
      case 'RescindOffer':
        return decideOffer(command, state);
      case 'RejectCall':
      case 'HangUpCall':
        return hangUpCall(command, state);
      case 'RequestAction':
        return decideAction(command, state);
      case 'StartAction':
        return startAction(command, state);
      case 'SettleAction':
        return settleAction(command, state);
      default:
        command satisfies never;
        return [];
    }
  },
};
