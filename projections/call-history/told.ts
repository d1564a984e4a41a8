import type { AgentShiftEvent } from '../../src/routing/contract/routing-events.js';
import type { CallEvent } from '../../src/telephony/contract/call-events.js';

export const CALL_EVENTS = [
  'CallStarted', 'LegStarted', 'LegRinging', 'LegEarlyMedia', 'LegAnswered', 'LegsBridged', 'LegsUnbridged', 'LegHeld', 'LegResumed', 'LegTransferred', 'RecordingStarted', 'RecordingStopped',
  'LegMoved', 'LegAdopted', 'LegEnded', 'LegEndCorrected', 'SegmentEndCorrected', 'CallUnheard', 'CallEnded', 'CallEnqueued', 'CallDequeued', 'OfferMade', 'OfferRinging', 'OfferDeclined', 'OfferFailed', 'OfferAccepted',
  'AgentContactStarted', 'AgentContactEnded', 'AgentContactWitnessed', 'CdrDiffered',
] as const;

/** What a CDR is made of. */
export type Told = Extract<CallEvent, { type: (typeof CALL_EVENTS)[number] }> | Extract<AgentShiftEvent, { type: 'AgentWrapUpEnded' }>;
export type Of<T extends Told['type']> = Extract<Told, { type: T }>['data'];
