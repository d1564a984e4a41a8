import type { CallCommand } from './call.commands.js';
import type { CallEvent } from './call.events.js';
import { type CallState, MOVED } from './call.state.js';

/** The leg comes from another call. One that moved away may come back; one that ended here has ended. */
export const adoptLeg = (command: Extract<CallCommand, { type: 'AdoptLeg' }>, state: CallState): readonly CallEvent[] => {
  const { passport, fromCallId, at } = command.data;
  const { legId, nodeId, recordings = {} } = passport;
  if (state.status === 'none') return [];
  const known = state.legs[legId];
  // The call that it left knows best what runs on it.
  if (known !== undefined && known.end === null) {
    return Object.entries(recordings)
      .filter(([path]) => !Object.hasOwn(known.recordings, path))
      .map(([path, recordingId]) => ({ type: 'RecordingStarted', data: { legId, nodeId, recordingId, path }, occurredAt: at }));
  }
  if (known !== undefined && (known.end?.cause !== MOVED || known.end.at > at)) return [];
  return [{ type: 'LegAdopted', data: { legId, fromCallId, passport }, occurredAt: at }];
};
