import type { Confidence } from '../../src/telephony/contract/call-events.js';
import type { OfferView } from './call-rows.js';
import type { Disposition } from './disposition.js';
import type { UnheardView } from './unheard.js';

export interface TransferView {
  readonly legId: string;
  readonly how: 'blind' | 'attended';
  readonly destination: string | null;
  readonly at: string;
}

export interface GapView {
  readonly gapId: string;
  readonly nodeId: string;
  readonly from: string;
  readonly to: string;
}

export interface RecordingView {
  readonly recordingId: string;
  readonly legId: string;
  readonly startedAt: string;
  readonly stoppedAt: string | null;
}

/** Where the switch's own CDR says something else than what was recorded. */
export interface DifferenceView {
  readonly legId: string;
  readonly field: string;
  readonly recorded: string | null;
  readonly witnessed: string | null;
}

/** A call as the list shows it: the CDR without its legs and segments. Times ISO 8601 UTC, durations ms. */
export interface CallRecord {
  readonly callId: string;
  readonly interactionId: string;
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly nodeId: string;
  readonly numberId: string | null;
  readonly personId: string;
  readonly fromNumber: string;
  readonly fromName: string;
  readonly toNumber: string;
  readonly startedAt: string;
  /** First answer of a leg that is not an agent being offered the call. */
  readonly answeredAt: string | null;
  /** Null while the call goes on; so are the duration, the disposition and the cause. */
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  /** First queue, last agent; the segments have all. */
  readonly queueId: string | null;
  readonly agentId: string | null;
  readonly disposition: Disposition | null;
  readonly cause: string | null;
  readonly endedBy: 'caller' | 'callee' | 'agent' | 'switch' | 'unknown' | null;
  /** That of the least certain end of a leg, or of what is in `unheard`. */
  readonly confidence: Confidence;
  /** All stays in queues. */
  readonly waitMs: number;
  /** All ringing of agents' phones, and of the legs that were dialled for the call. */
  readonly ringMs: number;
  /** All contacts with agents, without hold. */
  readonly talkMs: number;
  readonly holdMs: number;
  /** Wrap-ups that have ended. */
  readonly wrapUpMs: number;
  /** Time in which any two legs heard each other. */
  readonly bridgedMs: number;
  readonly offers: number;
  readonly contacts: number;
  readonly holds: number;
  readonly transfers: readonly TransferView[];
  readonly recordings: readonly RecordingView[];
  readonly differences: readonly DifferenceView[];
  /** When the call's node could not be heard: what happened then may be missing, or dated by when it was found. */
  readonly gaps: readonly GapView[];
  /** Bridges and holds that nobody heard as they began or ended: told or found later. */
  readonly unheard: readonly UnheardView[];
}

export interface LegRecord {
  readonly legId: string;
  readonly role: string;
  readonly direction: string;
  /** Null for a leg that was gone before anybody saw it. */
  readonly origin: string | null;
  readonly nodeId: string;
  readonly agentId: string | null;
  readonly offerId: string | null;
  readonly number: string | null;
  readonly name: string | null;
  readonly createdAt: string;
  readonly ringingAt: string | null;
  readonly earlyMediaAt: string | null;
  readonly answeredAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly ringMs: number | null;
  /** From the answer to the end. */
  readonly answeredMs: number | null;
  readonly holdMs: number;
  readonly holds: number;
  readonly cause: string | null;
  readonly q850: number | null;
  readonly sipStatus: number | null;
  readonly hungUpBy: string | null;
  readonly confidence: Confidence | null;
  /** For an inferred end: it lies between these. */
  readonly earliestEndAt: string | null;
  readonly latestEndAt: string | null;
  readonly evidence: string | null;
  readonly movedTo: string | null;
  readonly adoptedFrom: string | null;
  readonly adoptedAt: string | null;
  readonly bridges: readonly { readonly with: string; readonly from: string; readonly to: string | null }[];
}

export interface SegmentRecord {
  readonly segmentId: string;
  readonly kind: 'queue' | 'agent-contact';
  readonly queueId: string | null;
  readonly agentId: string | null;
  readonly legId: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly waitingSince: string | null;
  readonly priority: number | null;
  readonly reason: string | null;
  /** `inferred`: it ended with a leg whose end was inferred; `witnessed`: and the switch's CDR has told the true time since. */
  readonly confidence: Confidence;
  readonly waitMs: number | null;
  readonly ringMs: number | null;
  readonly talkMs: number | null;
  readonly holdMs: number | null;
  readonly wrapUpMs: number | null;
  readonly wrapUpEndedAt: string | null;
  readonly offers: readonly OfferView[];
  readonly previousSegmentId: string | null;
  readonly overflowQueueId: string | null;
}

/** The whole CDR; legs and segments in order of their begin. */
export interface CallDetail extends CallRecord {
  readonly legs: readonly LegRecord[];
  readonly segments: readonly SegmentRecord[];
}

export interface CallTotals {
  readonly calls: number;
  /** Calls that go on. */
  readonly open: number;
  readonly dispositions: Readonly<Partial<Record<Disposition, number>>>;
  /** Calls with at least one transfer, hold, or anything that is only inferred; they count under their disposition too. */
  readonly transferred: number;
  readonly held: number;
  readonly inferred: number;
  readonly durationMs: number;
  readonly waitMs: number;
  readonly ringMs: number;
  readonly talkMs: number;
  readonly holdMs: number;
  readonly wrapUpMs: number;
}
