import type { Recorded } from '../../src/kernel/event.js';
import type { AgentShiftEvent, Engagement, Presence } from '../../src/routing/contract/routing-events.js';

export const SHIFT_EVENTS = [
  'AgentSignedIn', 'AgentBecameAvailable', 'AgentPaused', 'AgentPresenceQueued', 'AgentReserved', 'AgentRinging', 'AgentReleased', 'AgentOnCall', 'AgentOffCall', 'AgentContactNoted', 'AgentOwnCallStarted', 'AgentOwnCallEnded',
  'AgentWrapUpStarted', 'AgentWrapUpEnded', 'AgentAutoPaused', 'AgentSignedOut',
] as const satisfies readonly AgentShiftEvent['type'][];

interface Busy {
  readonly callId: string;
  readonly queueId: string | null;
  readonly since: string;
}

/** What is known of an agent's shift from its events, and nothing else. All times ISO 8601 UTC. */
export interface ShiftView {
  readonly shiftId: string;
  readonly shiftNumber: number;
  readonly signedInAt: string;
  readonly presence: Presence;
  readonly pauseReason: string | null;
  /** What the agent becomes when idle; null: nothing was wished for. */
  readonly queuedPresence: Presence | null;
  readonly queuedReason: string | null;
  readonly reservation: (Busy & { readonly offerId: string; readonly ringing: boolean }) | null;
  readonly contacts: readonly (Busy & { readonly segmentId: string })[];
  readonly ownCalls: readonly (Busy & { readonly legId: string })[];
  readonly wrapUp: (Busy & { readonly segmentId: string; readonly dueAt: string }) | null;
  readonly idleSince: string;
  readonly readyAt: string | null;
  readonly noAnswerCount: number;
}

/** What a person looking at the agent sees, and what an interval is made of. */
export interface AgentStateView {
  readonly presence: Presence;
  /** Why paused; null when not. */
  readonly reason: string | null;
  readonly engagement: Engagement;
  /** What the engagement is with; null when idle. */
  readonly callId: string | null;
  readonly queueId: string | null;
}

/** A contact outweighs an offer, an offer an own call, an own call the wrap-up, as in the shift itself. */
export const agentStateOf = (shift: ShiftView): AgentStateView => {
  const { presence, pauseReason, contacts, reservation, ownCalls, wrapUp } = shift;
  const contact = contacts.at(-1);
  const ownCall = ownCalls.at(-1);
  const state = (engagement: Engagement, busy: Busy | undefined | null): AgentStateView => ({ presence, reason: pauseReason, engagement, callId: busy?.callId ?? null, queueId: busy?.queueId ?? null });
  if (contact !== undefined) return state('on-call', contact);
  if (reservation !== null) return state(reservation.ringing ? 'ringing' : 'reserved', reservation);
  if (ownCall !== undefined) return state('own-call', ownCall);
  return wrapUp === null ? state('idle', null) : state('wrap-up', wrapUp);
};

/** The shift after one more event; an event before the sign-in is of no shift and gives undefined. */
export const evolveShiftView = (shift: ShiftView | undefined, event: Recorded<AgentShiftEvent>): ShiftView | undefined => {
  const at = event.metadata.occurredAt;
  if (event.type === 'AgentSignedIn') {
    const { shiftId, shiftNumber, idleSince, noAnswerCount } = event.data;
    return {
      shiftId, shiftNumber, signedInAt: at, presence: 'paused', pauseReason: 'signed-in', queuedPresence: null, queuedReason: null, reservation: null, contacts: [], ownCalls: [], wrapUp: null, idleSince, readyAt: null, noAnswerCount,
    };
  }
  if (shift === undefined || shift.shiftId !== event.data.shiftId) return shift;
  return { ...shift, ...changed(shift, event, at) };
};

const changed = (shift: ShiftView, event: Exclude<Recorded<AgentShiftEvent>, { type: 'AgentSignedIn' }>, at: string): Partial<ShiftView> => {
  const settled = { queuedPresence: null, queuedReason: null };
  switch (event.type) {
    case 'AgentBecameAvailable':
      return { presence: 'available', pauseReason: null, ...settled };
    case 'AgentPaused':
      return { presence: 'paused', pauseReason: event.data.reason, ...settled };
    case 'AgentAutoPaused':
      return { presence: 'paused', pauseReason: event.data.reason, noAnswerCount: 0 };
    case 'AgentPresenceQueued':
      return event.data.presence === 'available' ? settled : { queuedPresence: event.data.presence, queuedReason: event.data.reason };
    case 'AgentReserved': {
      const { offerId, callId, queueId } = event.data;
      return { reservation: { offerId, callId, queueId, since: at, ringing: false } };
    }
    case 'AgentRinging':
      return shift.reservation === null ? {} : { reservation: { ...shift.reservation, ringing: true, since: at } };
    case 'AgentReleased':
      return { reservation: null, noAnswerCount: event.data.noAnswerCount, readyAt: event.data.readyAt };
    case 'AgentOnCall': {
      const { offerId, segmentId, callId, queueId } = event.data;
      return { reservation: shift.reservation?.offerId === offerId ? null : shift.reservation, contacts: [...shift.contacts, { segmentId, callId, queueId, since: at }], noAnswerCount: 0, readyAt: null };
    }
    case 'AgentOffCall':
      return { contacts: shift.contacts.filter(({ segmentId }) => segmentId !== event.data.segmentId), idleSince: at };
    case 'AgentContactNoted':
      return { noAnswerCount: 0, idleSince: event.data.endedAt > shift.idleSince ? event.data.endedAt : shift.idleSince };
    case 'AgentOwnCallStarted':
      return { ownCalls: [...shift.ownCalls, { legId: event.data.legId, callId: event.data.callId, queueId: null, since: at }] };
    case 'AgentOwnCallEnded':
      return { ownCalls: shift.ownCalls.filter(({ legId }) => legId !== event.data.legId) };
    case 'AgentWrapUpStarted': {
      const { segmentId, callId, queueId, dueAt } = event.data;
      return { wrapUp: { segmentId, callId, queueId, since: at, dueAt } };
    }
    case 'AgentWrapUpEnded':
      return { wrapUp: null, idleSince: at };
    case 'AgentSignedOut':
      return { presence: 'signed-out', pauseReason: null, ...settled };
  }
};

/** Whether two states look the same. */
export const sameAgentState = (a: AgentStateView, b: AgentStateView): boolean =>
  a.presence === b.presence && a.reason === b.reason && a.engagement === b.engagement && a.callId === b.callId && a.queueId === b.queueId;
