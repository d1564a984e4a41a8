import { isoTime, msOf } from '../../../kernel/clock.js';
import { conflict, notFound } from '../../../kernel/checks.js';
import type { EngagementCommand } from './agent-shift.commands.js';
import type { AgentShiftEvent, BackOff, Engagement, ReleaseReason } from './agent-shift.events.js';
import { engagementOf, type ShiftState } from './agent-shift.state.js';
import { ShiftChanges } from './agent-shift.changes.js';

type Of<T extends EngagementCommand['type']> = Extract<EngagementCommand, { type: T }>;

const WHY_NOT: Readonly<Record<Exclude<Engagement, 'idle'>, readonly [code: string, message: string]>> = {
  reserved: ['agent-reserved', 'the agent is reserved for another offer'],
  ringing: ['agent-ringing', 'the phone of the agent rings for another offer'],
  'on-call': ['agent-on-call', 'the agent is on a call'],
  'own-call': ['agent-on-own-call', 'the agent is on a call of their own'],
  'wrap-up': ['agent-in-wrap-up', 'the agent is wrapping up a contact'],
};

/** An agent is reserved once, for one offer: of two routers the second is refused. */
const reserve = ({ data, meta }: Of<'ReserveAgent'>, state: ShiftState): readonly AgentShiftEvent[] => {
  if (state.status === 'none') throw notFound('shift-not-found', 'there is no such shift');
  if (state.reservation?.offerId === data.offerId) return [];
  if (state.status === 'closed') throw conflict('agent-signed-out', 'the agent has signed out');
  const engagement = engagementOf(state);
  if (engagement !== 'idle') throw conflict(...WHY_NOT[engagement]);
  if (state.presence !== 'available') throw conflict('agent-paused', 'the agent is paused');
  if (state.readyAt !== null && msOf(state.readyAt) > msOf(meta.at)) throw conflict('agent-not-ready', `the agent is left alone until ${state.readyAt}`);
  if (msOf(data.dueAt) <= msOf(meta.at)) throw conflict('offer-overdue', `the offer ended at ${data.dueAt}`);
  const changes = new ShiftChanges(state, meta.at, meta.at);
  changes.add('AgentReserved', data);
  return changes.events;
};

/** A phone that refuses at once would else be offered the same caller many times a second. */
const LEAST_REJECT_DELAY_MS = 1_000;

/** How long the agent is left alone: an expired offer counts like a phone not reached, so that it is not offered again at once. */
const delayAfter = (reason: ReleaseReason, backOff: BackOff): number | null => {
  if (reason === 'rescinded') return null;
  return reason === 'no-answer' ? backOff.noAnswerDelayMs : Math.max(LEAST_REJECT_DELAY_MS, backOff.rejectDelayMs);
};

const release = (offerId: string, reason: ReleaseReason, changes: ShiftChanges): void => {
  const { reservation } = changes.state;
  if (reservation === null || reservation.offerId !== offerId) return;
  changes.release(reason, delayAfter(reason, reservation.backOff));
  changes.settle();
};

/** The call is the authority on who talks: a contact that the shift did not expect still puts the agent on the call. */
const startContact = ({ segmentId, callId, queueId, offerId }: Of<'StartContact'>['data'], changes: ShiftChanges): void => {
  const { contacts, reservation, wrapUp } = changes.state;
  if (contacts.some((contact) => contact.segmentId === segmentId)) return;
  if (reservation !== null && reservation.offerId !== offerId) changes.release('rescinded', null);
  if (wrapUp !== null) changes.endWrapUp('agent');
  changes.add('AgentOnCall', { segmentId, callId, queueId, offerId });
};

const endContact = ({ segmentId, holdMs, wrapUpMs }: Of<'EndContact'>['data'], changes: ShiftChanges): void => {
  const contact = changes.state.contacts.find((candidate) => candidate.segmentId === segmentId);
  if (contact === undefined) return;
  const { callId, queueId, since } = contact;
  changes.add('AgentOffCall', { callId, segmentId, queueId, onCallSince: since, holdMs });
  if (wrapUpMs > 0 && changes.state.contacts.length === 0) {
    changes.add('AgentWrapUpStarted', { callId, segmentId, queueId, dueAt: isoTime(msOf(changes.at) + wrapUpMs) });
  }
  changes.settle();
};

export const decideEngagement = (command: EngagementCommand, state: ShiftState): readonly AgentShiftEvent[] => {
  if (command.type === 'ReserveAgent') return reserve(command, state);
  // A contact may be told of when the agent has gone home.
  if (state.status !== 'open' && !(state.status === 'closed' && command.type === 'NoteContact')) return [];
  const { at: decidedAt } = command.meta;
  const changes = new ShiftChanges(state, 'at' in command.data ? command.data.at : decidedAt, decidedAt);
  switch (command.type) {
    case 'StartRinging': {
      const { reservation } = state;
      if (reservation !== null && reservation.offerId === command.data.offerId && !reservation.ringing) {
        changes.add('AgentRinging', { offerId: reservation.offerId, callId: reservation.callId });
      }
      break;
    }
    case 'ReleaseAgent':
      release(command.data.offerId, command.data.reason, changes);
      break;
    case 'ExpireReservation':
      release(command.data.offerId, 'expired', changes);
      break;
    case 'StartContact':
      startContact(command.data, changes);
      break;
    case 'EndContact':
      endContact(command.data, changes);
      break;
    case 'NoteContact': {
      const { noted = [], contacts } = state;
      const { segmentId } = command.data;
      if (!noted.includes(segmentId) && !contacts.some((contact) => contact.segmentId === segmentId)) changes.add('AgentContactNoted', command.data);
      break;
    }
    case 'StartOwnCall': {
      const { legId, callId } = command.data;
      if (!state.ownCalls.some((own) => own.legId === legId)) changes.add('AgentOwnCallStarted', { legId, callId });
      break;
    }
    case 'EndOwnCall': {
      const own = state.ownCalls.find(({ legId }) => legId === command.data.legId);
      if (own === undefined) break;
      changes.add('AgentOwnCallEnded', { legId: own.legId, callId: own.callId, since: own.since });
      changes.settle();
      break;
    }
    default:
      command satisfies never;
  }
  return changes.events;
};
