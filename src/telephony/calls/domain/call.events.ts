import type { DomainEvent, EventSpec, EventSpecs, Json, Upcaster } from '../../../kernel/event.js';
import type { Deed } from './switch-action.js';

export type LegRole = 'caller' | 'callee' | 'agent' | 'other';
export type HungUpBy = 'far-end' | 'switch' | 'unknown';
/** How sure a recorded fact is: `seen` came from the switch as it happened, `witnessed` from its own CDR later, `inferred` from what was missing. */
export type Confidence = 'seen' | 'witnessed' | 'inferred';

/** ISO 8601 UTC: something lies between these. */
export interface Bounds {
  readonly earliest: string;
  readonly latest: string;
}

/** How something is known that nobody heard as it happened. */
export interface Unheard {
  /** `witnessed`: the switch told later when it was; `inferred`: it lies between the bounds. */
  readonly confidence: Exclude<Confidence, 'seen'>;
  readonly evidence: 'hang-up' | 'switch-cdr' | 'channel' | 'channel-list';
  /** Of an inferred time; null where the switch told it. */
  readonly bounds: Bounds | null;
}

/** The last bridge of a leg, as its switch tells it afterwards. */
export interface ToldBridge {
  readonly otherLegId: string;
  /** When it began, ISO 8601 UTC; null where the switch does not know any more: a transfer makes it forget. */
  readonly at: string | null;
}

export type ContactEnd = 'agent-hung-up' | 'caller-hung-up' | 'transferred' | 'switch';
export type DequeueReason = 'answered' | 'abandoned' | 'max-wait' | 'queue-full' | 'no-agents' | 'overflowed' | 'transferred' | 'hung-up';
export type SegmentKind = 'queue' | 'agent-contact';
/** Why an offer came to nothing: the agent's phone (`no-answer`, `busy`, `rejected`, `unreachable`), the reservation (`refused`, `expired`), or the caller (`rescinded`). */
export type OfferFailure = 'no-answer' | 'busy' | 'rejected' | 'unreachable' | 'refused' | 'expired' | 'rescinded';

/** What happens when the wait is over: decided when the caller enters, so that a later change of the queue does not touch it. */
export type CallOverflow = { readonly kind: 'hang-up' } | { readonly kind: 'queue'; readonly queueId: string };

/** How long an agent is left alone after an offer that came to nothing, ms, and after how many missed in a row paused (null: never). */
export interface OfferBackOff {
  readonly noAnswerDelayMs: number;
  readonly rejectDelayMs: number;
  readonly maxNoAnswer: number | null;
}

/** Times of a leg as its switch reports them; ISO 8601 UTC. */
export interface LegTimes {
  readonly createdAt: string;
  readonly ringingAt?: string;
  readonly earlyMediaAt?: string;
  readonly answeredAt?: string;
}

/** A leg as one call hands it to another. */
export interface LegPassport {
  readonly legId: string;
  readonly personId: string;
  readonly nodeId: string;
  readonly role: LegRole;
  readonly direction: 'inbound' | 'outbound';
  readonly origin: 'trunk' | 'device';
  readonly internal: boolean;
  readonly agentId: string | null;
  readonly offerId: string | null;
  readonly createdAt: string;
  readonly answeredAt: string | null;
  readonly parked: boolean;
  /** Recordings that run and go with it: path to recording id; absent where there is none. */
  readonly recordings?: Readonly<Record<string, string>>;
  /** Which of the leg's moves it is, from 1; absent where an older program moved it. Clocks do not order moves: they are set, and move in steps. */
  readonly move?: number;
}

export type CallEvent =
  | DomainEvent<'CallStarted', {
      readonly callId: string;
      readonly interactionId: string;
      readonly nodeId: string;
      readonly switchSessionId: string;
      readonly direction: 'inbound' | 'outbound' | 'internal';
      /** Opaque id of the person at the far end: HMAC of their number under the tenant's key. */
      readonly personId: string;
      readonly numberId: string | null;
      /** For an inbound call who called and what they dialled; for an outbound one what we showed and whom we called. E.164 where it can be. */
      readonly from: string;
      readonly fromName: string;
      readonly to: string;
    }>
  | DomainEvent<'LegStarted', {
      readonly legId: string;
      readonly nodeId: string;
      readonly role: LegRole;
      readonly direction: 'inbound' | 'outbound';
      readonly origin: 'trunk' | 'device';
      readonly internal: boolean;
      readonly agentId: string | null;
      readonly shiftId: string | null;
      readonly offerId: string | null;
      readonly personId: string;
      readonly number: string;
      readonly name: string;
    }>
  | DomainEvent<'LegRinging', { readonly legId: string }>
  | DomainEvent<'LegEarlyMedia', { readonly legId: string }>
  | DomainEvent<'LegAnswered', { readonly legId: string }>
  | DomainEvent<'LegParked', { readonly legId: string }>
  /** Here and below, `unheard` is absent where it was seen as it happened. */
  | DomainEvent<'LegsBridged', { readonly legId: string; readonly otherLegId: string; readonly unheard?: Unheard }>
  | DomainEvent<'LegsUnbridged', { readonly legId: string; readonly otherLegId: string; readonly unheard?: Unheard }>
  | DomainEvent<'LegHeld', { readonly legId: string; readonly by: 'far-end' | 'switch'; readonly unheard?: Unheard }>
  /** `heldSince` names the hold that it ends, so that durations fold without a memory of their own. */
  | DomainEvent<'LegResumed', { readonly legId: string; readonly heldSince: string; readonly unheard?: Unheard }>
  | DomainEvent<'LegTransferred', { readonly legId: string; readonly how: 'blind' | 'attended'; readonly personId: string; readonly destination: string | null }>
  | DomainEvent<'DigitsCollected', { readonly legId: string; readonly actionId: string | null; readonly personId: string; readonly digits: string; readonly result: 'success' | 'failure' | 'timeout' }>
  | DomainEvent<'PlaybackStarted', { readonly legId: string; readonly media: string }>
  | DomainEvent<'PlaybackStopped', { readonly legId: string; readonly media: string; readonly interrupted: boolean }>
  | DomainEvent<'RecordingStarted', { readonly legId: string; readonly nodeId: string; readonly recordingId: string; readonly path: string }>
  | DomainEvent<'RecordingStopped', { readonly legId: string; readonly nodeId: string; readonly recordingId: string; readonly path: string; readonly durationMs: number | null }>
  /** The leg now belongs to another call; here it is over. */
  | DomainEvent<'LegMoved', { readonly legId: string; readonly toCallId: string; readonly passport: LegPassport }>
  | DomainEvent<'LegAdopted', { readonly legId: string; readonly fromCallId: string; readonly passport: LegPassport }>
  | DomainEvent<'LegEnded', {
      readonly legId: string;
      readonly role: LegRole;
      readonly agentId: string | null;
      readonly shiftId: string | null;
      /** The offer that the leg was for; absent for any other leg. */
      readonly offerId?: string;
      readonly cause: string;
      readonly q850: number | null;
      readonly sipStatus: number | null;
      readonly hungUpBy: HungUpBy;
      readonly times: LegTimes;
      readonly confidence: Confidence;
      /** For an inferred end: it lies between these, ISO 8601 UTC. */
      readonly bounds: Bounds | null;
      readonly evidence: string | null;
      /** Nobody drove the leg in time, and the switch had sent it to its fallback; absent where that is not known. */
      readonly toFallback?: true;
    }>
  /** The switch's CDR tells the true end of a leg whose end had been inferred. */
  | DomainEvent<'LegEndCorrected', { readonly legId: string; readonly cause: string; readonly q850: number | null; readonly hungUpBy: HungUpBy; readonly times: LegTimes; readonly endedAt: string; readonly toFallback?: true }>
  /**
   * A stay in a queue or a contact that had ended with an inferred end of a leg: when and how it truly ended. A stay whose
   * caller was with an agent, as the switch told later, ended as `answered`, and `agentId` says by whom. One whose maximum
   * wait was over when the caller hung up by themselves ended as `abandoned`.
   */
  | DomainEvent<'SegmentEndCorrected', {
      readonly segmentId: string;
      readonly kind: SegmentKind;
      readonly queueId: string | null;
      readonly agentId: string | null;
      readonly offerId: string | null;
      readonly beganAt: string;
      readonly endedAt: string;
      /** Of a contact: time on hold within it, ms. */
      readonly holdMs: number;
      readonly reason: DequeueReason | ContactEnd;
    }>
  /** Nobody could hear the node of the call from `from` to `to`: what happened meanwhile may be missing, or dated by when it was found. */
  | DomainEvent<'CallUnheard', { readonly gapId: string; readonly nodeId: string; readonly from: string; readonly to: string }>
  | DomainEvent<'CallEnded', {
      readonly callId: string;
      /** Cause of the leg whose end ended the call. */
      readonly cause: string;
      /** Which side hung up first. */
      readonly endedBy: 'caller' | 'callee' | 'agent' | 'switch' | 'unknown';
      readonly confidence: Confidence;
    }>

  // Segment: a stay in a queue.
  | DomainEvent<'CallEnqueued', {
      readonly segmentId: string;
      readonly legId: string;
      readonly queueId: string;
      /** 1 is served first, 10 last; 5 is usual. */
      readonly priority: number;
      /** When waiting counts from: earlier than the entry for a caller who waited before (overflow, gap). */
      readonly waitingSince: string;
      readonly maxWaitAt: string | null;
      readonly answer: 'on-entry' | 'by-agent';
      readonly overflow: CallOverflow;
      /** The segment before this one, for a call that overflowed. */
      readonly previousSegmentId: string | null;
    }>
  | DomainEvent<'CallDequeued', {
      readonly segmentId: string;
      readonly queueId: string;
      readonly enqueuedAt: string;
      readonly reason: DequeueReason;
      readonly agentId: string | null;
      readonly overflowQueueId: string | null;
    }>
  | DomainEvent<'OfferMade', {
      readonly offerId: string;
      readonly segmentId: string;
      readonly queueId: string;
      readonly agentId: string;
      readonly shiftId: string;
      /** Channel uuid that the agent's leg will have. */
      readonly legId: string;
      readonly address: string;
      readonly strategy: string;
      /** Agents who could have had it, first choice first (the first 20), with the key that ordered them. */
      readonly candidates: readonly { readonly agentId: string; readonly key: string }[];
      /** The reservation and the ringing end here. */
      readonly dueAt: string;
      readonly ringTimeoutMs: number;
      readonly wrapUpMs: number;
      /** What an offer that comes to nothing means for the agent; absent: nothing. */
      readonly backOff?: OfferBackOff;
    }>
  | DomainEvent<'OfferRinging', { readonly offerId: string; readonly segmentId: string; readonly agentId: string; readonly shiftId: string }>
  /** The agent's shift refused the reservation; nobody rang. */
  | DomainEvent<'OfferDeclined', { readonly offerId: string; readonly segmentId: string; readonly queueId: string; readonly agentId: string; readonly shiftId: string; readonly code: string }>
  | DomainEvent<'OfferFailed', { readonly offerId: string; readonly segmentId: string; readonly queueId: string; readonly agentId: string; readonly shiftId: string; readonly failure: OfferFailure; readonly cause: string | null }>
  /** The agent answered while the caller waited: the two are being bridged. Who hangs up before the bridge was never connected. */
  | DomainEvent<'OfferAccepted', { readonly offerId: string; readonly segmentId: string; readonly queueId: string; readonly agentId: string; readonly shiftId: string; readonly legId: string; readonly waitedSince: string }>

  // Segment: an agent talks with the caller, from the bridge on.
  | DomainEvent<'AgentContactStarted', { readonly segmentId: string; readonly queueId: string | null; readonly agentId: string; readonly shiftId: string; readonly offerId: string | null; readonly legId: string }>
  | DomainEvent<'AgentContactEnded', {
      readonly segmentId: string;
      readonly queueId: string | null;
      readonly agentId: string;
      readonly shiftId: string;
      readonly offerId: string | null;
      readonly startedAt: string;
      /** Time on hold within the contact, ms; talk is the rest. */
      readonly holdMs: number;
      readonly reason: ContactEnd;
      readonly wrapUpMs: number;
    }>
  /** A contact that nobody heard and that was over when the switch told of it; no wrap-up follows from it. */
  | DomainEvent<'AgentContactWitnessed', {
      readonly segmentId: string;
      /** The stay in the queue that it ended. */
      readonly staySegmentId: string;
      readonly queueId: string;
      readonly agentId: string;
      readonly shiftId: string;
      readonly offerId: string;
      readonly legId: string;
      readonly startedAt: string;
      readonly endedAt: string;
      readonly reason: ContactEnd;
      readonly unheard: Unheard;
    }>

  // Effects on the switch.
  | DomainEvent<'SwitchActionRequested', {
      readonly nodeId: string;
      readonly actionId: string;
      /** The channel whose order of deeds it obeys. */
      readonly channelId: string;
      readonly deed: Deed;
      /** The deed's other fields, see splitAction: the personal ones stand apart and are encrypted. */
      readonly parameters: Json;
      readonly personal: Json;
      readonly personId: string;
      /** The agent whose phone it is that the deed calls; absent for any other. */
      readonly agentId?: string;
      readonly deadlineAt: string;
    }>
  /** At-most-once deeds only: about to be done, never to be repeated. */
  | DomainEvent<'SwitchActionStarted', { readonly actionId: string }>
  | DomainEvent<'SwitchActionSucceeded', { readonly actionId: string; readonly result: string }>
  | DomainEvent<'SwitchActionFailed', { readonly actionId: string; readonly reason: string }>
  | DomainEvent<'SwitchActionOutcomeUnknown', { readonly actionId: string; readonly reason: string }>

  /** The switch's own CDR says something else than what we recorded. */
  | DomainEvent<'CdrDiffered', { readonly legId: string; readonly field: string; readonly recorded: string | null; readonly witnessed: string | null }>;

const asItIs: Upcaster = (data) => data;

/** Since version 2 they say how they are known, where nobody heard them as they happened. */
const LATER_TOLD: EventSpec = { version: 2, readableBy: 1, upcasters: { 1: asItIs } };

/** Since version 2 an end says whether the leg had gone to the fallback. */
const WITH_FALLBACK: EventSpec = { version: 2, readableBy: 1, upcasters: { 1: asItIs } };

export const callEventSpecs: EventSpecs<CallEvent> = {
  // Up to version 1 everything in an event was under the key of one person.
  CallStarted: { version: 2, upcasters: { 1: asItIs }, personal: { fields: ['from', 'fromName', 'to'], subject: 'personId', numbers: ['from', 'to'] } },
  LegStarted: { version: 1, personal: { fields: ['number', 'name'], subject: 'personId' } },
  LegRinging: { version: 1 },
  LegEarlyMedia: { version: 1 },
  LegAnswered: { version: 1 },
  LegParked: { version: 1 },
  LegsBridged: LATER_TOLD,
  LegsUnbridged: LATER_TOLD,
  LegHeld: LATER_TOLD,
  LegResumed: LATER_TOLD,
  LegTransferred: { version: 2, upcasters: { 1: asItIs }, personal: { fields: ['destination'], subject: 'personId', numbers: ['destination'] } },
  DigitsCollected: { version: 1, personal: { fields: ['digits'], subject: 'personId' } },
  PlaybackStarted: { version: 1 },
  PlaybackStopped: { version: 1 },
  RecordingStarted: { version: 1 },
  RecordingStopped: { version: 1 },
  LegMoved: { version: 1 },
  LegAdopted: { version: 1 },
  LegEnded: WITH_FALLBACK,
  LegEndCorrected: WITH_FALLBACK,
  SegmentEndCorrected: { version: 1 },
  CallUnheard: { version: 1 },
  CallEnded: { version: 1 },
  CallEnqueued: { version: 1 },
  CallDequeued: { version: 1 },
  OfferMade: { version: 1, personal: { fields: ['address'], subject: 'agentId' } },
  OfferRinging: { version: 1 },
  OfferDeclined: { version: 1 },
  OfferFailed: { version: 1 },
  OfferAccepted: { version: 1 },
  AgentContactStarted: { version: 1 },
  AgentContactEnded: { version: 1 },
  AgentContactWitnessed: { version: 1, readableBy: 0 },
  SwitchActionRequested: {
    version: 2,
    upcasters: { 1: asItIs },
    personal: { fields: ['personal'], subject: 'personId', objects: ['personal'], numbers: ['callerNumber', 'destination'], subjects: { address: 'agentId' } },
  },
  SwitchActionStarted: { version: 1 },
  SwitchActionSucceeded: { version: 1 },
  SwitchActionFailed: { version: 1 },
  SwitchActionOutcomeUnknown: { version: 1 },
  CdrDiffered: { version: 1 },
};
