import type { CallCommand } from './call.commands.js';
import type { CallEvent } from './call.events.js';
import { type CallState, evolveCall, MOVED } from './call.state.js';
import { isNewer, moveLeg } from './leg-end.js';

type AdoptLeg = Extract<CallCommand, { type: 'AdoptLeg' }>;

/** The leg comes from another call. One that moved away may come back; one that ended here has ended. */
export const adoptLeg = (command: AdoptLeg, state: CallState): readonly CallEvent[] => {
  const { passport, fromCallId, at } = command.data;
  const { legId, nodeId, recordings = {}, move } = passport;
  if (state.status === 'none') return [];
  const known = state.legs[legId];
  const adopted: CallEvent = { type: 'LegAdopted', data: { legId, fromCallId, passport }, occurredAt: at };
  if (known === undefined) return [adopted];
  if (known.end !== null) return known.end.cause === MOVED && isNewer(passport, known, known.end.at > at) ? [adopted] : [];
  if (move !== undefined && move > known.moves) return comeBack(command, state, adopted, move);
  // The call that it left knows best what runs on it.
  return Object.entries(recordings)
    .filter(([path]) => !Object.hasOwn(known.recordings, path))
    .map(([path, recordingId]) => ({ type: 'RecordingStarted', data: { legId, nodeId, recordingId, path }, occurredAt: at }));
};

/** It went away and is back before anybody told that it went. */
const comeBack = ({ data, meta }: AdoptLeg, state: CallState, adopted: CallEvent, move: number): readonly CallEvent[] => {
  const { passport, fromCallId, at } = data;
  const left = moveLeg({ type: 'MoveLeg', data: { passport: { ...passport, move: move - 1 }, toCallId: fromCallId, at }, meta }, state);
  const now = left.reduce((before, event) => evolveCall(before, { ...event, occurredAt: event.occurredAt ?? at }), state);
  return now.status === 'ended' ? left : [...left, adopted];
};
