import { DomainError } from '../../../kernel/errors.js';
import { request } from './action-request.js';
import type { CallCommand } from './call.commands.js';
import type { CallEvent } from './call.events.js';
import { type CallState, liveLegs } from './call.state.js';

/**
 * Every leg is told to hang up; one that is on its way too. Deeds on a channel keep their order: a leg
 * that is being dialled ends as soon as it is there, and one whose dialling has not begun is not dialled
 * any more.
 */
export const hangUpCall = (command: Extract<CallCommand, { type: 'RejectCall' | 'HangUpCall' }>, state: CallState): readonly CallEvent[] => {
  if (state.status === 'none') throw new DomainError('not-found', 'call-not-found', 'there is no call with this id');
  if (state.status === 'ended') {
    if (command.type === 'RejectCall') return [];
    throw new DomainError('conflict', 'call-ended', 'the call has ended');
  }
  const { meta, data } = command;
  const channels = [...liveLegs(state).map(({ legId }) => legId), ...comingLegs(state).filter((channelId) => !isToHangUp(state, channelId))];
  return channels.map((channelId) => request(meta, state, { actionId: `${meta.commandId}:${channelId}`, channelId, deed: 'hang-up', cause: data.cause }));
};

/** Whether the channel is told to hang up and has not answered that yet. */
export const isToHangUp = (state: CallState, channelId: string): boolean => Object.values(state.actions).some((action) => action.deed === 'hang-up' && action.channelId === channelId);

/** Legs that were asked for and have not been seen. Whoever rings an agent's phone for a caller sees to it by the offer. */
export const comingLegs = (state: CallState): readonly string[] => {
  const dialled = Object.values(state.actions).filter(({ deed, channelId }) => deed === 'originate' && state.legs[channelId] === undefined);
  const offered = new Set(Object.values(state.offers).map(({ legId }) => legId));
  return [...new Set([...dialled.map(({ channelId }) => channelId), ...state.expectedLegs])].filter((channelId) => !offered.has(channelId));
};
