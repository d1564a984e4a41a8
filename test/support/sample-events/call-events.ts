import type { CallEvent, LegPassport } from '../../../src/telephony/contract/call-events.js';
import type { Samples } from './samples.js';

const CALL = '2d4b6f80-0000-4000-8000-000000000001';
const AGENT_LEG = '2d4b6f80-0000-4000-8000-000000000002';
const OFFER = '2d4b6f80-0000-4000-8000-000000000003';
const SEGMENT = '2d4b6f80-0000-4000-8000-000000000004';
const ACTION = `${OFFER}:bridge`;
const PERSON = '6f1f9f0a7c0e4a58b5f3b9d1f2a0c4e7';
const START = '2026-03-02T09:00:00.020Z';
const END = '2026-03-02T09:02:30.500Z';

const leg = { legId: CALL, nodeId: 'fs1', direction: 'inbound', origin: 'trunk', internal: false, personId: PERSON } as const;
const offer = { offerId: OFFER, segmentId: SEGMENT, queueId: 'sales', agentId: 'ann', shiftId: 'ann+1' } as const;
const passport: LegPassport = { ...leg, role: 'caller', agentId: null, offerId: null, createdAt: START, answeredAt: '2026-03-02T09:00:00.480Z', parked: true };
const times = { createdAt: START, ringingAt: '2026-03-02T09:00:00.100Z', earlyMediaAt: '2026-03-02T09:00:00.200Z', answeredAt: '2026-03-02T09:00:00.480Z' };
const unheard = { confidence: 'inferred', evidence: 'channel-list', bounds: { earliest: START, latest: END } } as const;

/** One of each, with every optional field set. Numbers, names and digits are easy to search for. */
export const callSamples: Samples<CallEvent> = {
  CallStarted: { callId: CALL, interactionId: CALL, nodeId: 'fs1', switchSessionId: 'e9518cc9-c5ab-4865-b55b-41de243fd718', direction: 'inbound', personId: PERSON, numberId: 'n1', from: '+4930123456789', fromName: 'Jane Öztürk', to: '+15550199' },
  LegStarted: { ...leg, role: 'caller', agentId: null, shiftId: null, offerId: null, number: '+4930123456789', name: 'Jane Öztürk' },
  LegRinging: { legId: AGENT_LEG },
  LegEarlyMedia: { legId: AGENT_LEG },
  LegAnswered: { legId: AGENT_LEG },
  LegParked: { legId: AGENT_LEG },
  LegsBridged: { legId: CALL, otherLegId: AGENT_LEG, unheard: { confidence: 'witnessed', evidence: 'hang-up', bounds: null } },
  LegsUnbridged: { legId: CALL, otherLegId: AGENT_LEG, unheard },
  LegHeld: { legId: AGENT_LEG, by: 'far-end', unheard },
  LegResumed: { legId: AGENT_LEG, heldSince: '2026-03-02T09:01:00.000Z', unheard },
  LegTransferred: { legId: CALL, how: 'blind', personId: PERSON, destination: '+15550444777' },
  DigitsCollected: { legId: CALL, actionId: 'menu', personId: PERSON, digits: '918273645', result: 'success' },
  PlaybackStarted: { legId: CALL, media: '/sounds/welcome.wav' },
  PlaybackStopped: { legId: CALL, media: '/sounds/welcome.wav', interrupted: true },
  RecordingStarted: { legId: CALL, nodeId: 'fs1', recordingId: 'rec-1', path: '/recordings/rec-1.wav' },
  RecordingStopped: { legId: CALL, nodeId: 'fs1', recordingId: 'rec-1', path: '/recordings/rec-1.wav', durationMs: 12_340 },
  LegMoved: { legId: CALL, toCallId: '2d4b6f80-0000-4000-8000-000000000009', passport },
  LegAdopted: { legId: CALL, fromCallId: '2d4b6f80-0000-4000-8000-000000000009', passport },
  LegEnded: {
    legId: AGENT_LEG, role: 'agent', agentId: 'ann', shiftId: 'ann+1', offerId: OFFER, cause: 'NORMAL_CLEARING', q850: 16, sipStatus: 486, hungUpBy: 'far-end', times, confidence: 'inferred',
    bounds: { earliest: '2026-03-02T09:02:00.000Z', latest: END }, evidence: 'not-in-show-channels', toFallback: true,
  },
  LegEndCorrected: { legId: AGENT_LEG, cause: 'NORMAL_CLEARING', q850: 16, hungUpBy: 'switch', times, endedAt: END, toFallback: true },
  SegmentEndCorrected: { segmentId: SEGMENT, kind: 'agent-contact', queueId: 'sales', agentId: 'ann', offerId: SEGMENT, beganAt: START, endedAt: END, holdMs: 0, reason: 'caller-hung-up' },
  CallUnheard: { gapId: SEGMENT, nodeId: 'fs1', from: START, to: END },
  CallEnded: { callId: CALL, cause: 'NORMAL_CLEARING', endedBy: 'caller', confidence: 'seen' },
  CallEnqueued: {
    segmentId: SEGMENT, legId: CALL, queueId: 'sales', priority: 5, waitingSince: START, maxWaitAt: '2026-03-02T09:05:00.020Z', answer: 'on-entry', overflow: { kind: 'queue', queueId: 'support' }, previousSegmentId: '2d4b6f80-0000-4000-8000-000000000005',
  },
  CallDequeued: { segmentId: SEGMENT, queueId: 'sales', enqueuedAt: START, reason: 'answered', agentId: 'ann', overflowQueueId: null },
  OfferMade: {
    ...offer, legId: AGENT_LEG, address: 'sofia/gateway/home/+4917699887766', strategy: 'longest-idle-agent', candidates: [{ agentId: 'ann', key: '2026-03-02T08:00:00.000Z' }, { agentId: 'bob', key: '2026-03-02T08:30:00.000Z' }],
    dueAt: '2026-03-02T09:00:25.000Z', ringTimeoutMs: 20_000, wrapUpMs: 30_000, backOff: { noAnswerDelayMs: 10_000, rejectDelayMs: 5_000, maxNoAnswer: 3 },
  },
  OfferRinging: { offerId: OFFER, segmentId: SEGMENT, agentId: 'ann', shiftId: 'ann+1' },
  OfferDeclined: { ...offer, code: 'agent-on-call' },
  OfferFailed: { ...offer, failure: 'no-answer', cause: 'NO_ANSWER' },
  OfferAccepted: { ...offer, legId: AGENT_LEG, waitedSince: START },
  AgentContactStarted: { segmentId: OFFER, queueId: 'sales', agentId: 'ann', shiftId: 'ann+1', offerId: OFFER, legId: AGENT_LEG },
  AgentContactEnded: { segmentId: OFFER, queueId: 'sales', agentId: 'ann', shiftId: 'ann+1', offerId: OFFER, startedAt: '2026-03-02T09:00:10.000Z', holdMs: 1_500, reason: 'caller-hung-up', wrapUpMs: 30_000 },
  AgentContactWitnessed: { segmentId: OFFER, staySegmentId: SEGMENT, queueId: 'sales', agentId: 'ann', shiftId: 'ann+1', offerId: OFFER, legId: AGENT_LEG, startedAt: '2026-03-02T09:00:10.000Z', endedAt: END, reason: 'caller-hung-up', unheard },
  SwitchActionRequested: {
    nodeId: 'fs1', actionId: `${OFFER}:originate`, channelId: AGENT_LEG, deed: 'originate', parameters: { whom: 'agent', callId: CALL, tenantId: 'acme', timeoutMs: 20_000 },
    personal: { address: 'user/1001', callerNumber: '+4930123456789', callerName: 'Jane Öztürk' }, personId: PERSON, deadlineAt: '2026-03-02T09:00:20.000Z',
  },
  SwitchActionStarted: { actionId: ACTION },
  SwitchActionSucceeded: { actionId: ACTION, result: AGENT_LEG },
  SwitchActionFailed: { actionId: ACTION, reason: 'NO_ROUTE_DESTINATION' },
  SwitchActionOutcomeUnknown: { actionId: ACTION, reason: 'no result within 10000 ms' },
  CdrDiffered: { legId: CALL, field: 'endedAt', recorded: END, witnessed: '2026-03-02T09:02:31.000Z' },
};
