import { answerDtoOf, answered, nullable } from '../../src/platform/http/dto/answers.js';
import { AfterQuery } from '../../src/platform/http/dto/common.dto.js';
import { PatternField, TimeField } from '../../src/platform/http/dto/fields.js';

export class WhenQuery extends AfterQuery {
  @TimeField({ description: 'What had happened by this time; left out: by now', example: '2026-03-01T12:00:00.000Z', optional: true })
  at?: string;

  @PatternField({ description: 'What was known by this position of the log; left out: all that is known now', example: '1042', optional: true, pattern: /^\d{1,19}$/, shape: 'a position, as a command answers it: a whole number' })
  asOf?: string;
}

const PRESENCES = ['signed-out', 'available', 'paused'] as const;
const ENGAGEMENTS = ['idle', 'reserved', 'ringing', 'on-call', 'own-call', 'wrap-up'] as const;

const LegAtDto = answerDtoOf('LegAtDto', {
  legId: answered.id(), role: answered.choice(['caller', 'callee', 'agent', 'other']), agentId: nullable(answered.id()), state: answered.choice(['dialling', 'ringing', 'up', 'held']), since: answered.time(), bridgedWith: nullable(answered.id()),
});
const QueuedAtDto = answerDtoOf('QueuedAtDto', { queueId: answered.id(), segmentId: answered.id(), priority: answered.count(), since: answered.time() });
const OfferedAtDto = answerDtoOf('OfferedAtDto', { agentId: answered.id(), offerId: answered.id() });

export const CallAtDto = answerDtoOf('CallAtDto', {
  status: answered.choice(['live', 'ended']), direction: answered.choice(['inbound', 'outbound', 'internal']), interactionId: answered.id(), startedAt: answered.time(), endedAt: nullable(answered.time()), cause: nullable(answered.text('NORMAL_CLEARING')),
  legs: answered.many(LegAtDto, 'Those that were live'), queue: nullable(answered.one(QueuedAtDto)), offeredTo: nullable(answered.one(OfferedAtDto)), agentId: nullable(answered.id('In contact with the caller')),
});

export const AgentAtDto = answerDtoOf('AgentAtDto', {
  presence: answered.choice(PRESENCES), reason: nullable(answered.text('lunch')), engagement: answered.choice(ENGAGEMENTS), callId: nullable(answered.id()), queueId: nullable(answered.id()), shiftId: answered.text('ann+12'),
  lastEventAt: answered.time('Time of the last event that counts here'), position: answered.text('1042', 'and its position'),
});

const WaitingAtDto = answerDtoOf('WaitingAtDto', { callId: answered.id(), segmentId: answered.id(), priority: answered.count(), since: answered.time(), enteredAt: answered.time() });
const MemberAtDto = answerDtoOf('MemberAtDto', { agentId: answered.id(), presence: answered.choice(PRESENCES), engagement: answered.choice(ENGAGEMENTS), callId: nullable(answered.id()) });

export const QueueAtDto = answerDtoOf('QueueAtDto', { waiting: answered.many(WaitingAtDto, 'Next first'), agents: answered.many(MemberAtDto) });
