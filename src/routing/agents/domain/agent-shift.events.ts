import type { DomainEvent, EventSpecs } from '../../../kernel/event.js';

export type Presence = 'available' | 'paused' | 'signed-out';
export type Engagement = 'idle' | 'reserved' | 'ringing' | 'on-call' | 'own-call' | 'wrap-up';
export type ReleaseReason = 'no-answer' | 'busy' | 'rejected' | 'unreachable' | 'expired' | 'rescinded';

/** What an offer that comes to nothing means for the agent: the settings of its queue when it was made. */
export interface BackOff {
  /** Left alone after not answering, ms. */
  readonly noAnswerDelayMs: number;
  /** Left alone after being busy, refusing or not being reached, ms. */
  readonly rejectDelayMs: number;
  /** Offers in a row not answered, after which the agent is paused; null: never. */
  readonly maxNoAnswer: number | null;
}

interface OfShift {
  readonly agentId: string;
  readonly shiftId: string;
}

/**
 * One person's working time, from sign-in to sign-out: presence (chosen, with a reason) times
 * engagement (driven by calls). Every event names agent and shift, so that a reader of the whole
 * log needs no other look-up. Each transition says what it leaves: `since` is when that began.
 */
export type AgentShiftEvent =
  /** `idleSince` and `noAnswerCount` are carried over from the shift before. Signed in means paused with reason `signed-in` until available. */
  | DomainEvent<'AgentSignedIn', OfShift & { readonly shiftNumber: number; readonly idleSince: string; readonly noAnswerCount: number }>
  | DomainEvent<'AgentBecameAvailable', OfShift>
  | DomainEvent<'AgentPaused', OfShift & { readonly reason: string }>
  /** Asked for during a call: takes effect when the agent is idle again. `available` takes an earlier wish back. */
  | DomainEvent<'AgentPresenceQueued', OfShift & { readonly presence: Presence; readonly reason: string | null }>
  | DomainEvent<'AgentReserved', OfShift & { readonly offerId: string; readonly callId: string; readonly queueId: string; readonly dueAt: string; readonly backOff: BackOff }>
  | DomainEvent<'AgentRinging', OfShift & { readonly offerId: string; readonly callId: string }>
  | DomainEvent<'AgentReleased', OfShift & { readonly offerId: string; readonly callId: string; readonly reason: ReleaseReason; readonly noAnswerCount: number; readonly readyAt: string | null }>
  | DomainEvent<'AgentOnCall', OfShift & { readonly offerId: string | null; readonly callId: string; readonly queueId: string | null; readonly segmentId: string }>
  | DomainEvent<'AgentOffCall', OfShift & { readonly callId: string; readonly segmentId: string; readonly queueId: string | null; readonly onCallSince: string; readonly holdMs: number }>
  /** The agent was on a call and nobody heard of it until it was over: their state of now stays as it is. */
  | DomainEvent<'AgentContactNoted', OfShift & { readonly callId: string; readonly segmentId: string; readonly queueId: string | null; readonly startedAt: string; readonly endedAt: string }>
  /** The agent's own call, placed from the device: busy, and never queued. */
  | DomainEvent<'AgentOwnCallStarted', OfShift & { readonly callId: string; readonly legId: string }>
  | DomainEvent<'AgentOwnCallEnded', OfShift & { readonly callId: string; readonly legId: string; readonly since: string }>
  | DomainEvent<'AgentWrapUpStarted', OfShift & { readonly callId: string; readonly segmentId: string; readonly queueId: string | null; readonly dueAt: string }>
  | DomainEvent<'AgentWrapUpEnded', OfShift & { readonly callId: string; readonly segmentId: string; readonly queueId: string | null; readonly since: string; readonly by: 'agent' | 'timer' | 'supervisor' | 'sign-out' }>
  /** The series of offers not answered ends with the pause: counting starts anew. */
  | DomainEvent<'AgentAutoPaused', OfShift & { readonly reason: 'no-answer'; readonly noAnswerCount: number }>
  | DomainEvent<'AgentSignedOut', OfShift & { readonly shiftNumber: number; readonly signedInAt: string; readonly idleSince: string; readonly noAnswerCount: number }>;

export const agentShiftEventSpecs: EventSpecs<AgentShiftEvent> = {
  AgentSignedIn: { version: 1 },
  AgentBecameAvailable: { version: 1 },
  AgentPaused: { version: 1 },
  AgentPresenceQueued: { version: 1 },
  AgentReserved: { version: 1 },
  AgentRinging: { version: 1 },
  AgentReleased: { version: 1 },
  AgentOnCall: { version: 1 },
  AgentOffCall: { version: 1 },
  AgentContactNoted: { version: 1, readableBy: 0 },
  AgentOwnCallStarted: { version: 1 },
  AgentOwnCallEnded: { version: 1 },
  AgentWrapUpStarted: { version: 1 },
  AgentWrapUpEnded: { version: 1 },
  AgentAutoPaused: { version: 1 },
  AgentSignedOut: { version: 1 },
};
