import { DomainError } from '../../../kernel/errors.js';
import type { CallCommand } from './call.commands.js';
import type { Deed } from './switch-action.js';
import { request } from './action-request.js';
import type { CallEvent } from './call.events.js';
import { type CallState, evolveCall, type OpenAction } from './call.state.js';
import { comingLegs, isToHangUp } from './hang-up.js';
import { endCallIfOver } from './leg-end.js';
import { failOffer, offerFailureOf } from './offers.js';

/** Deeds that need the leg to be answered. */
const NEEDS_ANSWER: ReadonlySet<Deed> = new Set(['hold', 'resume', 'start-recording', 'stop-recording', 'send-digits', 'collect-digits']);

export const decideAction = (command: Extract<CallCommand, { type: 'RequestAction' }>, state: CallState): readonly CallEvent[] => {
  const { action, timeoutMs } = command.data;
  if (state.status === 'none') throw new DomainError('not-found', 'call-not-found', 'there is no call with this id');
  if (state.status === 'ended') throw new DomainError('conflict', 'call-ended', 'the call has ended');
  const leg = state.legs[action.channelId];
  if (leg === undefined && action.deed === 'hang-up' && comingLegs(state).includes(action.channelId)) return [request(command.meta, state, action, timeoutMs)];
  if (leg === undefined) throw new DomainError('not-found', 'leg-not-found', 'the call has no such leg; its legs are listed with the call');
  if (leg.end !== null) throw new DomainError('conflict', 'leg-ended', 'the leg has ended');
  if (leg.answeredAt === null && NEEDS_ANSWER.has(action.deed)) throw new DomainError('conflict', 'leg-not-answered', `${action.deed} needs a leg that is answered; answer it first`);
  switch (action.deed) {
    case 'answer':
      if (leg.answeredAt !== null) return [];
      if (leg.direction === 'outbound') throw new DomainError('invalid', 'leg-is-outbound', 'only the far end can answer a leg that we dialled');
      break;
    case 'bridge': {
      const other = state.legs[action.otherChannelId];
      if (other === undefined || other.end !== null) throw new DomainError('conflict', 'leg-not-live', 'both legs must be live legs of this call');
      if (other.legId === leg.legId) throw new DomainError('invalid', 'same-leg', 'a leg cannot be bridged with itself');
      if (leg.bridgedWith === other.legId) return [];
      break;
    }
    case 'hold':
      if (leg.heldSince !== null) return [];
      break;
    case 'resume':
      if (leg.heldSince === null) return [];
      break;
    case 'transfer':
      if (action.leg !== 'this' && leg.bridgedWith === null) throw new DomainError('conflict', 'leg-not-bridged', 'only a bridged leg has another side; transfer this leg itself');
      break;
    case 'start-recording':
      if (Object.hasOwn(leg.recordings, action.path)) throw new DomainError('conflict', 'already-recording', 'this recording is running');
      break;
    case 'stop-recording':
      if (!Object.values(leg.recordings).includes(action.recordingId)) throw new DomainError('conflict', 'not-recording', 'no such recording is running on the leg');
      break;
    case 'originate':
      throw new DomainError('invalid', 'not-on-a-leg', 'a leg that exists cannot be originated');
    default:
      break;
  }
  return [request(command.meta, state, action, timeoutMs)];
};

/** A deed that is done at most once is about to begin. Throws where it must not any more. */
export const startAction = (command: Extract<CallCommand, { type: 'StartAction' }>, state: CallState): readonly CallEvent[] => {
  const { actionId } = command.data;
  const action = state.actions[actionId];
  if (action === undefined || action.started) return [];
  if (action.deed === 'originate' && isToHangUp(state, action.channelId)) throw new DomainError('conflict', 'hung-up-before', 'the leg was told to hang up before it was dialled');
  return [{ type: 'SwitchActionStarted', data: { actionId } }];
};

/** A cause as switches name it, e.g. USER_BUSY. */
const CAUSE = /^[A-Z][A-Z0-9_]+$/;

/** Why a leg that was to be dialled never came to be; undefined where nobody said. */
const causeOf = (state: CallState, action: OpenAction, { outcome, detail }: { readonly outcome: string; readonly detail: string }): string | undefined => {
  if (action.deed !== 'originate' || outcome !== 'failed') return undefined;
  if (isToHangUp(state, action.channelId)) return 'ORIGINATOR_CANCEL';
  return CAUSE.test(detail) ? detail : undefined;
};

export const settleAction = (command: Extract<CallCommand, { type: 'SettleAction' }>, state: CallState): readonly CallEvent[] => {
  const { actionId, outcome, detail } = command.data;
  const action = state.actions[actionId];
  if (action === undefined) return [];
  const settled: CallEvent =
    outcome === 'succeeded'
      ? { type: 'SwitchActionSucceeded', data: { actionId, result: detail } }
      : { type: outcome === 'failed' ? 'SwitchActionFailed' : 'SwitchActionOutcomeUnknown', data: { actionId, reason: detail } };
  const next = evolveCall(state, { ...settled, occurredAt: command.meta.at });
  const events: CallEvent[] = [settled];
  if (action.deed === 'originate' && outcome !== 'succeeded') {
    // A failed job alone proves nothing about a leg that is there (a bridge at the answer makes the job fail).
    const leg = state.legs[action.channelId];
    const offer = Object.values(state.offers).find((candidate) => candidate.legId === action.channelId);
    if (leg === undefined && offer !== undefined) events.push(...failOffer(next, offer, offerFailureOf(detail), detail));
  }
  return [...events, ...endCallIfOver(next, causeOf(state, action, command.data))];
};
