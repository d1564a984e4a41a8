import type { Command } from '../../../kernel/command.js';
import type { CallOverflow, HungUpBy, LegPassport, LegRole, LegTimes, OfferBackOff, ToldBridge, Unheard } from './call.events.js';
import type { SwitchAction } from './switch-action.js';

export interface NewLeg {
  readonly legId: string;
  readonly nodeId: string;
  readonly role: LegRole;
  readonly direction: 'inbound' | 'outbound';
  readonly origin: 'trunk' | 'device';
  readonly internal: boolean;
  readonly agentId: string | null;
  readonly shiftId: string | null;
  readonly personId: string;
  readonly number: string;
  readonly name: string;
}

/** What a switch tells about a leg of the call; the command's `at` is when it happened. */
export type LegFact =
  | { readonly kind: 'ringing' | 'early-media' | 'answered' | 'parked' | 'unparked' }
  | { readonly kind: 'bridged' | 'unbridged'; readonly otherLegId: string; readonly unheard?: Unheard }
  | { readonly kind: 'held'; readonly by: 'far-end' | 'switch'; readonly unheard?: Unheard }
  | { readonly kind: 'resumed'; readonly unheard?: Unheard }
  | { readonly kind: 'transferred'; readonly how: 'blind' | 'attended'; readonly destination: string | null }
  | { readonly kind: 'digits-collected'; readonly actionId: string | null; readonly digits: string; readonly result: 'success' | 'failure' | 'timeout' }
  | { readonly kind: 'playback-started'; readonly media: string }
  | { readonly kind: 'playback-stopped'; readonly media: string; readonly interrupted: boolean }
  | { readonly kind: 'recording-started'; readonly path: string }
  | { readonly kind: 'recording-stopped'; readonly path: string; readonly durationMs: number | null }
  | {
      readonly kind: 'ended';
      readonly cause: string;
      readonly q850: number | null;
      readonly sipStatus: number | null;
      readonly hungUpBy: HungUpBy;
      readonly times: LegTimes;
      /** Absent for a leg that was in no bridge. */
      readonly bridge?: ToldBridge;
      readonly toFallback?: true;
    };

export interface EnqueueData {
  readonly segmentId: string;
  readonly legId: string;
  readonly queueId: string;
  readonly priority: number;
  readonly waitingSince: string;
  readonly maxWaitAt: string | null;
  readonly answer: 'on-entry' | 'by-agent';
  readonly overflow: CallOverflow;
  readonly previousSegmentId: string | null;
  /** What the caller hears while waiting; null: nothing. */
  readonly music: string | null;
}

export interface OfferData {
  readonly offerId: string;
  readonly segmentId: string;
  readonly agentId: string;
  readonly shiftId: string;
  readonly legId: string;
  readonly address: string;
  readonly strategy: string;
  readonly candidates: readonly { readonly agentId: string; readonly key: string }[];
  readonly dueAt: string;
  readonly ringTimeoutMs: number;
  readonly wrapUpMs: number;
  readonly backOff?: OfferBackOff;
}

export type CallCommand =
  | Command<'StartCall', {
      readonly callId: string;
      readonly interactionId: string;
      readonly switchSessionId: string;
      readonly direction: 'inbound' | 'outbound' | 'internal';
      readonly numberId: string | null;
      readonly from: string;
      readonly fromName: string;
      readonly to: string;
      readonly leg: NewLeg;
    }>
  /** An outbound call on somebody's order: the leg does not exist yet and is originated. */
  | Command<'PlaceCall', {
      readonly callId: string;
      readonly nodeId: string;
      readonly legId: string;
      readonly personId: string;
      readonly from: string;
      readonly fromName: string;
      readonly to: string;
      readonly address: string;
      readonly timeoutMs: number;
    }>
  | Command<'AddLeg', { readonly leg: NewLeg }>
  | Command<'RecordLegFact', { readonly legId: string; readonly fact: LegFact }>
  /** The leg goes on in another call, since `at`. One that came (back) later stays. */
  | Command<'MoveLeg', { readonly passport: LegPassport; readonly toCallId: string; readonly at: string }>
  /** The leg came from another call at `at`. One that went away (again) later stays away. */
  | Command<'AdoptLeg', { readonly passport: LegPassport; readonly fromCallId: string; readonly at: string }>
  /** The leg is gone and nobody saw it go: it ended between `earliest` and `latest`, and is dated `endedAt`, when it was missed first. */
  | Command<'InferLegEnd', { readonly legId: string; readonly evidence: string; readonly earliest: string; readonly endedAt: string; readonly latest: string }>
  /** The call's node could not be heard between the two times. */
  | Command<'NoteUnheard', { readonly gapId: string; readonly nodeId: string; readonly from: string; readonly to: string }>
  /** The switch's own CDR of a leg. */
  | Command<'WitnessLegEnd', { readonly legId: string; readonly cause: string; readonly q850: number | null; readonly hungUpBy: HungUpBy; readonly times: LegTimes; readonly endedAt: string; readonly bridge?: ToldBridge; readonly toFallback?: true }>
  | Command<'EnqueueCall', EnqueueData>
  | Command<'DequeueCall', { readonly segmentId: string; readonly reason: 'queue-full' | 'no-agents' | 'overflowed' | 'transferred' | 'hung-up'; readonly overflowQueueId: string | null }>
  | Command<'ExpireQueueWait', { readonly segmentId: string }>
  | Command<'MakeOffer', OfferData>
  | Command<'DeclineOffer', { readonly offerId: string; readonly code: string }>
  | Command<'RingAgent', { readonly offerId: string }>
  | Command<'ExpireOffer', { readonly offerId: string }>
  | Command<'RescindOffer', { readonly offerId: string }>
  /** Refuses a caller whom nobody can serve. */
  | Command<'RejectCall', { readonly cause: string }>
  | Command<'HangUpCall', { readonly cause: string }>
  /** Any deed on a leg; `at` + `timeoutMs` is its deadline. */
  | Command<'RequestAction', { readonly action: SwitchAction; readonly timeoutMs: number }>
  | Command<'StartAction', { readonly actionId: string }>
  | Command<'SettleAction', { readonly actionId: string; readonly outcome: 'succeeded' | 'failed' | 'unknown'; readonly detail: string }>;
