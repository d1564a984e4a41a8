import { msOf } from '../../../kernel/clock.js';
import type { CallEvent, ContactEnd, DequeueReason, HungUpBy } from './call.events.js';
import type { CallState, InferredSegment, Leg } from './call.state.js';

/** What a leg's end, now known, says about the segments that had ended with it when it was inferred. */
export const correctSegments = (state: CallState, legId: string): readonly CallEvent[] =>
  state.inferredSegments.filter(({ legIds }) => legIds.includes(legId)).flatMap((segment) => correct(state, segment));

const correct = (state: CallState, segment: InferredSegment): readonly CallEvent[] => {
  const { legIds, agentLegId: _agentLegId, endedAt: assumed, lastHold, holdMs, ...rest } = segment;
  // An end that is still inferred says nothing beside one that is known.
  const known = legIds.map((legId) => state.legs[legId]).filter((leg): leg is Ended => leg !== undefined && leg.end !== null && leg.end.confidence !== 'inferred');
  const [first] = known.sort((a, b) => msOf(a.end.at) - msOf(b.end.at));
  if (first === undefined) return [];
  const endedAt = first.end.at < segment.beganAt ? segment.beganAt : first.end.at;
  if (endedAt === assumed) return [];
  // What of the last hold lies after the true end never was.
  const after = lastHold === null ? 0 : Math.max(0, msOf(lastHold.to) - Math.max(msOf(endedAt), msOf(lastHold.from)));
  return [{ type: 'SegmentEndCorrected', data: { ...rest, endedAt, holdMs: holdMs - after, reason: reasonOf(segment, first) } }];
};

/**
 * Who hangs up by themselves in the moment in which the maximum wait ends, before the switch does it for us,
 * waited until then and gave up: nobody but the caller ended the call. `legId` ended so at `at`.
 */
export const gaveUpAfterAll = (state: CallState, legId: string, at: string, hungUpBy: HungUpBy): readonly CallEvent[] =>
  hungUpBy !== 'far-end'
    ? []
    : state.unanswered
        .filter((stay) => stay.timedOut && stay.legId === legId)
        .map(({ segmentId, queueId, enqueuedAt }) => ({ type: 'SegmentEndCorrected', data: { segmentId, kind: 'queue', queueId, agentId: null, offerId: null, beganAt: enqueuedAt, endedAt: at < enqueuedAt ? enqueuedAt : at, holdMs: 0, reason: 'abandoned' } }));

type Ended = Leg & { readonly end: NonNullable<Leg['end']> };

const reasonOf = ({ kind, agentLegId }: InferredSegment, first: Ended): DequeueReason | ContactEnd => {
  const byFarEnd = first.end.hungUpBy === 'far-end';
  if (kind === 'queue') return first.end.hungUpBy === 'switch' ? 'hung-up' : 'abandoned';
  if (!byFarEnd) return 'switch';
  return first.legId === agentLegId ? 'agent-hung-up' : 'caller-hung-up';
};
