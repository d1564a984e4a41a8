import type { Decider } from '../../../kernel/decider.js';
import { conflict, notFound, requireText } from '../../../kernel/checks.js';
import type { AgentShiftCommand, EngagementCommand, PresenceCommand } from './agent-shift.commands.js';
import { agentShiftEventSpecs, type AgentShiftEvent } from './agent-shift.events.js';
import { decideEngagement } from './agent-shift.engagement.js';
import { engagementOf, evolveShift, initialShift, type ShiftState } from './agent-shift.state.js';
import { ShiftChanges } from './agent-shift.changes.js';

const ENGAGEMENT_COMMANDS: ReadonlySet<string> = new Set<EngagementCommand['type']>([
  'ReserveAgent', 'StartRinging', 'ReleaseAgent', 'ExpireReservation', 'StartContact', 'EndContact', 'NoteContact', 'StartOwnCall', 'EndOwnCall',
]);

const isEngagement = (command: AgentShiftCommand): command is EngagementCommand => ENGAGEMENT_COMMANDS.has(command.type);

const open = (command: Extract<AgentShiftCommand, { type: 'OpenShift' }>, state: ShiftState): readonly AgentShiftEvent[] => {
  if (state.status !== 'none') return [];
  const { idleSince, ...shift } = command.data;
  return [{ type: 'AgentSignedIn', data: { ...shift, idleSince: idleSince ?? command.meta.at } }];
};

const requireOpen = (state: ShiftState): void => {
  if (state.status === 'none') throw notFound('shift-not-found', 'there is no such shift; sign the agent in first');
  if (state.status === 'closed') throw conflict('agent-signed-out', 'the agent has signed out; sign in first');
};

/** Leaves everything that is open, as far as the shift's record goes: the calls' own streams tell how they ended. */
const abandonAll = (changes: ShiftChanges): void => {
  const { reservation, contacts, ownCalls, wrapUp } = changes.state;
  if (reservation !== null) changes.release('rescinded', null);
  for (const { segmentId, callId, queueId, since } of contacts) changes.add('AgentOffCall', { segmentId, callId, queueId, onCallSince: since, holdMs: 0 });
  for (const { legId, callId, since } of ownCalls) changes.add('AgentOwnCallEnded', { legId, callId, since });
  if (wrapUp !== null) changes.endWrapUp('supervisor');
};

const signOut = (force: boolean, changes: ShiftChanges): void => {
  if (force) abandonAll(changes);
  else if (engagementOf(changes.state) === 'wrap-up') changes.endWrapUp('sign-out');
  if (engagementOf(changes.state) === 'idle') changes.signOut();
  else if (changes.state.queued?.presence !== 'signed-out') changes.add('AgentPresenceQueued', { presence: 'signed-out', reason: null });
};

const pause = (reason: string, force: boolean, changes: ShiftChanges): void => {
  requireText('invalid-pause-reason', 'the reason of a pause', reason, 64);
  const { state } = changes;
  if (force || engagementOf(state) === 'idle') {
    if (state.presence !== 'paused' || state.pauseReason !== reason || state.queued !== null) changes.add('AgentPaused', { reason });
  } else if (state.queued?.presence !== 'paused' || state.queued.reason !== reason) {
    changes.add('AgentPresenceQueued', { presence: 'paused', reason });
  }
};

const decidePresence = (command: PresenceCommand, changes: ShiftChanges): void => {
  const { state } = changes;
  switch (command.type) {
    case 'MakeAvailable':
      if (state.presence !== 'available') changes.add('AgentBecameAvailable', {});
      else if (state.queued !== null) changes.add('AgentPresenceQueued', { presence: 'available', reason: null });
      return;
    case 'PauseAgent':
      return pause(command.data.reason, command.data.force, changes);
    case 'SignOutAgent':
      return signOut(command.data.force, changes);
    case 'EndWrapUp':
      if (state.wrapUp === null || (command.data.segmentId !== null && command.data.segmentId !== state.wrapUp.segmentId)) return;
      changes.endWrapUp(command.data.by);
      changes.settle();
      return;
    default:
      command satisfies never;
  }
};

/**
 * A person's working time: presence, which they choose, times engagement, which calls make of them.
 * A wish to pause or sign out waits until the agent is idle. Facts from calls are never refused: what
 * the shift does not know of, or what comes after its end, changes nothing.
 */
export const agentShiftDecider: Decider<ShiftState, AgentShiftCommand, AgentShiftEvent> & { readonly snapshots: true } = {
  category: 'agentShift',
  version: 2,
  snapshots: true,
  eventTypes: Object.keys(agentShiftEventSpecs) as AgentShiftEvent['type'][],
  initialState: initialShift,
  decide: (command, state) => {
    if (command.type === 'OpenShift') return open(command, state);
    if (isEngagement(command)) return decideEngagement(command, state);
    if (command.type === 'SignOutAgent' && state.status === 'closed') return [];
    if (command.type === 'EndWrapUp' && command.data.by === 'timer' && state.status !== 'open') return [];
    requireOpen(state);
    const changes = new ShiftChanges(state, command.meta.at, command.meta.at);
    decidePresence(command, changes);
    return changes.events;
  },
  evolve: evolveShift,
};
