import type { AgentEvent, AgentShiftEvent, QueueEvent, QueueSettings } from '../../../src/routing/contract/routing-events.js';
import type { Samples } from './samples.js';

const SETTINGS = { displayName: 'Ann Brontë', deviceUser: '1001', address: null };
const START = '2026-03-02T09:00:00.000Z';
const shift = { agentId: 'ann', shiftId: 'ann+1' } as const;
const offered = { ...shift, offerId: '2d4b6f80-0000-4000-8000-000000000003', callId: '2d4b6f80-0000-4000-8000-000000000001' } as const;
const contact = { ...shift, callId: offered.callId, segmentId: offered.offerId, queueId: 'sales' } as const;
const backOff = { noAnswerDelayMs: 10_000, rejectDelayMs: 5_000, maxNoAnswer: 3 };

const queueSettings: QueueSettings = {
  name: 'Sales', strategy: 'longest-idle-agent', answer: 'on-entry', music: 'local_stream://moh', priority: 5, maxWaitMs: 300_000, maxLength: 50, overflow: { kind: 'queue', queueId: 'support' }, ringTimeoutMs: 20_000,
  noAnswerDelayMs: 10_000, rejectDelayMs: 5_000, maxNoAnswer: 3, wrapUpMs: 30_000, serviceLevelSeconds: 20, shortAbandonSeconds: 5,
};

export const agentSamples: Samples<AgentEvent> = {
  AgentCreated: { agentId: 'ann', settings: SETTINGS },
  AgentConfigured: { agentId: 'ann', settings: { displayName: 'Ann Brontë', deviceUser: null, address: 'sofia/gateway/home/+4917699887766' } },
  AgentRetired: { agentId: 'ann' },
  AgentShiftStarted: { agentId: 'ann', shiftNumber: 2, shiftId: 'ann+2', idleSince: START, noAnswerCount: 1 },
  AgentShiftEnded: { agentId: 'ann', shiftNumber: 1, shiftId: 'ann+1', idleSince: START, noAnswerCount: 1 },
};

export const agentShiftSamples: Samples<AgentShiftEvent> = {
  AgentSignedIn: { ...shift, shiftNumber: 1, idleSince: START, noAnswerCount: 0 },
  AgentBecameAvailable: shift,
  AgentPaused: { ...shift, reason: 'lunch' },
  AgentPresenceQueued: { ...shift, presence: 'paused', reason: 'lunch' },
  AgentReserved: { ...offered, queueId: 'sales', dueAt: '2026-03-02T09:00:25.000Z', backOff },
  AgentRinging: offered,
  AgentReleased: { ...offered, reason: 'no-answer', noAnswerCount: 1, readyAt: '2026-03-02T09:00:35.000Z' },
  AgentOnCall: { ...contact, offerId: offered.offerId },
  AgentOffCall: { ...contact, onCallSince: START, holdMs: 1_500 },
  AgentContactNoted: { ...contact, startedAt: START, endedAt: '2026-03-02T09:02:00.000Z' },
  AgentOwnCallStarted: { ...shift, callId: offered.callId, legId: offered.callId },
  AgentOwnCallEnded: { ...shift, callId: offered.callId, legId: offered.callId, since: START },
  AgentWrapUpStarted: { ...contact, dueAt: '2026-03-02T09:03:00.000Z' },
  AgentWrapUpEnded: { ...contact, since: START, by: 'timer' },
  AgentAutoPaused: { ...shift, reason: 'no-answer', noAnswerCount: 3 },
  AgentSignedOut: { ...shift, shiftNumber: 1, signedInAt: START, idleSince: START, noAnswerCount: 0 },
};

export const queueSamples: Samples<QueueEvent> = {
  QueueCreated: { queueId: 'sales', settings: queueSettings },
  QueueConfigured: { queueId: 'sales', settings: { ...queueSettings, music: null, maxLength: null, maxWaitMs: null, maxNoAnswer: null, overflow: { kind: 'hang-up' } } },
  QueueRetired: { queueId: 'sales' },
  AgentJoinedQueue: { queueId: 'sales', agentId: 'ann', level: 1, position: 2 },
  AgentLeftQueue: { queueId: 'sales', agentId: 'ann' },
};
