import type { AgentShiftEvent, BackOff, Engagement, Presence } from './agent-shift.events.js';

export interface Reservation {
  readonly offerId: string;
  readonly callId: string;
  readonly queueId: string;
  readonly dueAt: string;
  readonly backOff: BackOff;
  readonly ringing: boolean;
}

export interface Contact {
  readonly segmentId: string;
  readonly callId: string;
  readonly queueId: string | null;
  readonly since: string;
}

export interface OwnCall {
  readonly legId: string;
  readonly callId: string;
  readonly since: string;
}

export interface WrapUp {
  readonly segmentId: string;
  readonly callId: string;
  readonly queueId: string | null;
  readonly since: string;
  readonly dueAt: string;
}

/** Everything about a shift; only JSON, so that it can be a snapshot. All times are ISO 8601 UTC. */
export interface ShiftState {
  readonly status: 'none' | 'open' | 'closed';
  readonly agentId: string;
  readonly shiftId: string;
  readonly shiftNumber: number;
  readonly signedInAt: string;
  readonly presence: Presence;
  /** Why the agent is paused; null when not. */
  readonly pauseReason: string | null;
  /** What the agent becomes as soon as idle. */
  readonly queued: { readonly presence: 'paused' | 'signed-out'; readonly reason: string | null } | null;
  readonly reservation: Reservation | null;
  readonly contacts: readonly Contact[];
  readonly ownCalls: readonly OwnCall[];
  readonly wrapUp: WrapUp | null;
  /** Contacts that were told of when they were over; absent: none. */
  readonly noted?: readonly string[];
  /** No offer before this time; null: at once. */
  readonly readyAt: string | null;
  /** End of the last contact or its wrap-up; pauses, own calls and missed offers leave it as it is. */
  readonly idleSince: string;
  readonly noAnswerCount: number;
  /** Time of the newest event: none is recorded as earlier, so that an agent's intervals never overlap. */
  readonly lastAt: string;
}

export const initialShift: ShiftState = {
  status: 'none',
  agentId: '',
  shiftId: '',
  shiftNumber: 0,
  signedInAt: '',
  presence: 'signed-out',
  pauseReason: null,
  queued: null,
  reservation: null,
  contacts: [],
  ownCalls: [],
  wrapUp: null,
  readyAt: null,
  idleSince: '',
  noAnswerCount: 0,
  lastAt: '',
};

/** What calls make of the agent. A contact outweighs an offer, an offer an own call, an own call the wrap-up. */
export const engagementOf = (state: ShiftState): Engagement => {
  if (state.contacts.length > 0) return 'on-call';
  if (state.reservation !== null) return state.reservation.ringing ? 'ringing' : 'reserved';
  if (state.ownCalls.length > 0) return 'own-call';
  return state.wrapUp === null ? 'idle' : 'wrap-up';
};

type Occurred = AgentShiftEvent & { readonly occurredAt: string };

const change = (state: ShiftState, event: Occurred): Partial<ShiftState> => {
  const at = event.occurredAt;
  switch (event.type) {
    case 'AgentSignedIn': {
      const { agentId, shiftId, shiftNumber, idleSince, noAnswerCount } = event.data;
      return { status: 'open', agentId, shiftId, shiftNumber, signedInAt: at, presence: 'paused', pauseReason: 'signed-in', idleSince, noAnswerCount };
    }
    case 'AgentBecameAvailable':
      return { presence: 'available', pauseReason: null, queued: null };
    case 'AgentPaused':
      return { presence: 'paused', pauseReason: event.data.reason, queued: null };
    case 'AgentAutoPaused':
      return { presence: 'paused', pauseReason: event.data.reason, noAnswerCount: 0 };
    case 'AgentPresenceQueued': {
      const { presence, reason } = event.data;
      return { queued: presence === 'available' ? null : { presence, reason } };
    }
    case 'AgentReserved': {
      const { offerId, callId, queueId, dueAt, backOff } = event.data;
      return { reservation: { offerId, callId, queueId, dueAt, backOff, ringing: false } };
    }
    case 'AgentRinging':
      return state.reservation === null ? {} : { reservation: { ...state.reservation, ringing: true } };
    case 'AgentReleased':
      return { reservation: null, noAnswerCount: event.data.noAnswerCount, readyAt: event.data.readyAt };
    case 'AgentOnCall': {
      const { offerId, segmentId, callId, queueId } = event.data;
      const reservation = state.reservation?.offerId === offerId ? null : state.reservation;
      return { reservation, contacts: [...state.contacts, { segmentId, callId, queueId, since: at }], noAnswerCount: 0, readyAt: null };
    }
    case 'AgentOffCall': {
      const contacts = state.contacts.filter(({ segmentId }) => segmentId !== event.data.segmentId);
      return { contacts, idleSince: at };
    }
    case 'AgentContactNoted': {
      const { segmentId, endedAt } = event.data;
      return { noAnswerCount: 0, idleSince: endedAt > state.idleSince ? endedAt : state.idleSince, noted: [...(state.noted ?? []), segmentId] };
    }
    case 'AgentOwnCallStarted': {
      const { legId, callId } = event.data;
      return { ownCalls: [...state.ownCalls, { legId, callId, since: at }] };
    }
    case 'AgentOwnCallEnded':
      return { ownCalls: state.ownCalls.filter(({ legId }) => legId !== event.data.legId) };
    case 'AgentWrapUpStarted': {
      const { segmentId, callId, queueId, dueAt } = event.data;
      return { wrapUp: { segmentId, callId, queueId, since: at, dueAt } };
    }
    case 'AgentWrapUpEnded':
      return { wrapUp: null, idleSince: at };
    case 'AgentSignedOut':
      return { status: 'closed', presence: 'signed-out', pauseReason: null, queued: null };
    default:
      event satisfies never;
      return {};
  }
};

export const evolveShift = (state: ShiftState, event: Occurred): ShiftState => ({ ...state, ...change(state, event), lastAt: event.occurredAt });
