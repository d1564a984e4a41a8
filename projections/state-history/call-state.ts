import type { Recorded } from '../../src/kernel/event.js';
import type { CallEvent, LegRole } from '../../src/telephony/contract/call-events.js';

export const CHANGING = [
  'CallStarted', 'LegStarted', 'LegAdopted', 'LegRinging', 'LegAnswered', 'LegsBridged', 'LegsUnbridged', 'LegHeld', 'LegResumed', 'LegTransferred', 'LegMoved', 'LegEnded', 'LegEndCorrected', 'CallEnded', 'CallEnqueued',
  'CallDequeued', 'OfferMade', 'OfferDeclined', 'OfferFailed', 'AgentContactStarted', 'AgentContactEnded',
] as const;
export type Changing = Extract<CallEvent, { type: (typeof CHANGING)[number] }>;

/** The part of an event that matters to the state; nothing personal. */
export type CallChange =
  | { readonly kind: 'started'; readonly direction: 'inbound' | 'outbound' | 'internal'; readonly interactionId: string }
  | { readonly kind: 'leg'; readonly legId: string; readonly role: LegRole; readonly agentId: string | null; readonly answered: boolean }
  | { readonly kind: 'ringing' | 'answered' | 'held' | 'resumed' | 'parted' | 'gone' | 'end-corrected'; readonly legId: string }
  | { readonly kind: 'bridged' | 'unbridged'; readonly legId: string; readonly otherLegId: string }
  | { readonly kind: 'queued'; readonly queueId: string; readonly segmentId: string; readonly priority: number; readonly since: string }
  | { readonly kind: 'dequeued' }
  | { readonly kind: 'offered'; readonly agentId: string; readonly offerId: string }
  | { readonly kind: 'not-offered'; readonly offerId: string }
  | { readonly kind: 'contact'; readonly agentId: string }
  | { readonly kind: 'no-contact' }
  | { readonly kind: 'ended'; readonly cause: string };

/** What the event changes, and when that was: a corrected end was when the switch says. */
export const changeOf = (event: Recorded<Changing>): { readonly at: string; readonly change: CallChange } => {
  const at = event.metadata.occurredAt;
  const told = (change: CallChange, when = at): { readonly at: string; readonly change: CallChange } => ({ at: when, change });
  switch (event.type) {
    case 'CallStarted':
      return told({ kind: 'started', direction: event.data.direction, interactionId: event.data.interactionId });
    case 'LegStarted':
      return told({ kind: 'leg', legId: event.data.legId, role: event.data.role, agentId: event.data.agentId, answered: false });
    case 'LegAdopted':
      return told({ kind: 'leg', legId: event.data.legId, role: event.data.passport.role, agentId: event.data.passport.agentId, answered: event.data.passport.answeredAt !== null });
    case 'LegRinging':
      return told({ kind: 'ringing', legId: event.data.legId });
    case 'LegAnswered':
      return told({ kind: 'answered', legId: event.data.legId });
    case 'LegsBridged':
      return told({ kind: 'bridged', legId: event.data.legId, otherLegId: event.data.otherLegId });
    case 'LegsUnbridged':
      return told({ kind: 'unbridged', legId: event.data.legId, otherLegId: event.data.otherLegId });
    case 'LegHeld':
      return told({ kind: 'held', legId: event.data.legId });
    case 'LegResumed':
      return told({ kind: 'resumed', legId: event.data.legId });
    case 'LegTransferred':
      return told({ kind: 'parted', legId: event.data.legId });
    case 'LegMoved':
    case 'LegEnded':
      return told({ kind: 'gone', legId: event.data.legId });
    case 'LegEndCorrected':
      return told({ kind: 'end-corrected', legId: event.data.legId }, event.data.endedAt);
    case 'CallEnded':
      return told({ kind: 'ended', cause: event.data.cause });
    case 'CallEnqueued':
      return told({ kind: 'queued', queueId: event.data.queueId, segmentId: event.data.segmentId, priority: event.data.priority, since: event.data.waitingSince });
    case 'CallDequeued':
      return told({ kind: 'dequeued' });
    case 'OfferMade':
      return told({ kind: 'offered', agentId: event.data.agentId, offerId: event.data.offerId });
    case 'OfferDeclined':
    case 'OfferFailed':
      return told({ kind: 'not-offered', offerId: event.data.offerId });
    case 'AgentContactStarted':
      return told({ kind: 'contact', agentId: event.data.agentId });
    case 'AgentContactEnded':
      return told({ kind: 'no-contact' });
  }
};

export interface LegAt {
  readonly legId: string;
  readonly role: LegRole;
  readonly agentId: string | null;
  readonly state: 'dialling' | 'ringing' | 'up' | 'held';
  /** Since when it is in this state. */
  readonly since: string;
  readonly bridgedWith: string | null;
}

/** A call as it was at a time, or as it was known by then. Times ISO 8601 UTC. */
export interface CallAt {
  readonly status: 'live' | 'ended';
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly interactionId: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly cause: string | null;
  /** Legs that lived. */
  readonly legs: readonly LegAt[];
  readonly queue: { readonly queueId: string; readonly segmentId: string; readonly priority: number; readonly since: string } | null;
  /** Whom the waiting caller was being offered to. */
  readonly offeredTo: { readonly agentId: string; readonly offerId: string } | null;
  /** The agent in contact with the caller. */
  readonly agentId: string | null;
}

/** While folding: when each leg ended, and whether the switch has corrected one of these. */
interface Folding extends CallAt {
  readonly ends: Readonly<Record<string, string>>;
  readonly corrected: boolean;
}

const withLeg = (call: Folding, legId: string, change: Partial<LegAt>): Folding => ({ ...call, legs: call.legs.map((leg) => (leg.legId === legId ? { ...leg, ...change } : leg)) });
const apart = (call: Folding, legId: string): Folding => ({ ...call, legs: call.legs.map((leg) => (leg.legId === legId || leg.bridgedWith === legId ? { ...leg, bridgedWith: null } : leg)) });
const without = (call: Folding, legId: string, at: string): Folding => {
  const left = apart(call, legId);
  return { ...left, legs: left.legs.filter((leg) => leg.legId !== legId), ends: { ...call.ends, [legId]: at } };
};

const evolve = (call: Folding | undefined, at: string, change: CallChange): Folding | undefined => {
  if (change.kind === 'started') {
    return { status: 'live', direction: change.direction, interactionId: change.interactionId, startedAt: at, endedAt: null, cause: null, legs: [], queue: null, offeredTo: null, agentId: null, ends: {}, corrected: false };
  }
  if (call === undefined) return undefined;
  switch (change.kind) {
    case 'leg':
      return { ...call, legs: [...call.legs, { legId: change.legId, role: change.role, agentId: change.agentId, state: change.answered ? 'up' : 'dialling', since: at, bridgedWith: null }] };
    case 'ringing':
      return withLeg(call, change.legId, { state: 'ringing', since: at });
    case 'answered':
    case 'resumed':
      return withLeg(call, change.legId, { state: 'up', since: at });
    case 'held':
      return withLeg(call, change.legId, { state: 'held', since: at });
    case 'bridged': {
      const { legId, otherLegId } = change;
      return withLeg(withLeg(apart(apart(call, legId), otherLegId), legId, { bridgedWith: otherLegId }), otherLegId, { bridgedWith: legId });
    }
    case 'unbridged':
    case 'parted':
      return apart(call, change.legId);
    case 'gone':
      return without(call, change.legId, at);
    case 'end-corrected':
      return { ...without(call, change.legId, at), corrected: true };
    case 'queued': {
      const { queueId, segmentId, priority, since } = change;
      return { ...call, queue: { queueId, segmentId, priority, since }, offeredTo: null };
    }
    case 'dequeued':
      return { ...call, queue: null, offeredTo: null };
    case 'offered':
      return { ...call, offeredTo: { agentId: change.agentId, offerId: change.offerId } };
    case 'not-offered':
      return call.offeredTo?.offerId === change.offerId ? { ...call, offeredTo: null } : call;
    case 'contact':
      return { ...call, agentId: change.agentId };
    case 'no-contact':
      return { ...call, agentId: null };
    case 'ended':
      return { ...call, status: 'ended', endedAt: at, cause: change.cause };
  }
};

/**
 * The call after these changes, in the order in which they were recorded. The clocks of a switch and of
 * ours differ, so the times of changes only say which of them count. Undefined before the start.
 */
export const callAfter = (changes: readonly { readonly at: string; readonly change: CallChange }[]): CallAt | undefined => {
  const folded = changes.reduce<Folding | undefined>((call, { at, change }) => evolve(call, at, change), undefined);
  if (folded === undefined) return undefined;
  const { ends, corrected, ...call } = folded;
  if (!corrected || call.legs.length > 0) return call;
  // With the true ends known, the call was over with the last of them.
  const endedAt = Object.values(ends).reduce((latest, at) => (at > latest ? at : latest));
  return { ...call, status: 'ended', endedAt, queue: null, offeredTo: null, agentId: null };
};
