import { answerDtoOf, answered, nullable } from '../../src/platform/http/dto/answers.js';
import { PageQuery, pageDtoOf } from '../../src/platform/http/dto/common.dto.js';
import { BooleanField, ChoiceField, IdField, TimeField } from '../../src/platform/http/dto/fields.js';
import type { Engagement, Presence } from '../../src/routing/contract/routing-events.js';

const PRESENCES = ['signed-out', 'available', 'paused'] as const satisfies readonly Presence[];
const ENGAGEMENTS = ['idle', 'reserved', 'ringing', 'on-call', 'own-call', 'wrap-up'] as const satisfies readonly Engagement[];

export class AgentBoardQuery extends PageQuery {
  @IdField({ description: 'Members of this queue', optional: true })
  queueId?: string;

  @ChoiceField({ description: 'Presence', optional: true, choices: PRESENCES })
  presence?: Presence;

  @ChoiceField({ description: 'What they are doing', optional: true, choices: ENGAGEMENTS })
  engagement?: Engagement;

  @BooleanField({ description: 'true: only agents who have been retired', optional: true, default: false, inQuery: true })
  retired = false;
}

export class AgentIntervalsQuery extends PageQuery {
  @TimeField({ description: 'Intervals that end after this time', example: '2026-03-01T00:00:00Z', optional: true })
  from?: string;

  @TimeField({ description: 'Intervals that begin before this time', example: '2026-03-02T00:00:00Z', optional: true })
  to?: string;

  @IdField({ description: 'The agent', optional: true })
  agentId?: string;

  @ChoiceField({ description: 'Presence', optional: true, choices: PRESENCES })
  presence?: Presence;

  @ChoiceField({ description: 'What they were doing', optional: true, choices: ENGAGEMENTS })
  engagement?: Engagement;
}

const state = {
  presence: answered.choice(PRESENCES),
  reason: nullable(answered.text('lunch', 'Why paused')),
  engagement: answered.choice(ENGAGEMENTS),
  callId: nullable(answered.id()),
  queueId: nullable(answered.id()),
};

export const AgentOnBoardDto = answerDtoOf('AgentOnBoardDto', {
  agentId: answered.id(), displayName: nullable(answered.text('Ann')), retired: answered.flag(), ...state, since: nullable(answered.time('When this state began')), shiftId: nullable(answered.text('ann+12')), signedInAt: nullable(answered.time()),
  queuedPresence: nullable(answered.choice(PRESENCES, 'What the agent becomes when idle')), queuedReason: nullable(answered.text('lunch')), idleSince: nullable(answered.time('Since when without a contact, as the router counts it')),
  readyAt: nullable(answered.time('Left alone until then')), wrapUpDueAt: nullable(answered.time()), contacts: answered.count('In this shift'), missed: answered.count('In this shift'), noAnswerCount: answered.count('Offers not answered in a row'),
  queues: answered.texts('sales'),
});
export const AgentOnBoardPageDto = pageDtoOf(AgentOnBoardDto);

export const AgentIntervalDto = answerDtoOf('AgentIntervalDto', {
  shiftId: answered.text('ann+12'), number: answered.count('Place within the shift'), agentId: answered.id(), ...state, fromAt: answered.time(), toAt: nullable(answered.time('Null: still in this state')), durationMs: nullable(answered.ms()),
});
export const AgentIntervalPageDto = pageDtoOf(AgentIntervalDto);
