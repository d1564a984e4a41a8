import { answerDtoOf, answered, nullable } from '../../src/platform/http/dto/answers.js';
import { PageQuery, pageDtoOf } from '../../src/platform/http/dto/common.dto.js';
import { BooleanField, ChoiceField, IdField } from '../../src/platform/http/dto/fields.js';
import { LIVE_STATES, type LiveCall, type LiveState } from './live-calls.queries.js';

const DIRECTIONS = ['inbound', 'outbound', 'internal'] as const satisfies readonly LiveCall['direction'][];

export class LiveCallsQuery extends PageQuery {
  @IdField({ description: 'Calls whose caller waits, or waited last, in this queue', optional: true })
  queueId?: string;

  @IdField({ description: 'Calls in contact with this agent, or being offered to them', optional: true })
  agentId?: string;

  @ChoiceField({ description: 'State', optional: true, choices: LIVE_STATES })
  state?: LiveState;

  @ChoiceField({ description: 'Direction', optional: true, choices: DIRECTIONS })
  direction?: LiveCall['direction'];

  @BooleanField({ description: 'true: only callers who wait in a queue', optional: true, inQuery: true })
  waiting?: boolean;
}

const LiveLegDto = answerDtoOf('LiveLegDto', {
  legId: answered.id(), role: answered.choice(['caller', 'callee', 'agent', 'other']), agentId: nullable(answered.id()), state: answered.choice(['dialling', 'ringing', 'up', 'held']), since: answered.time(),
});

export const LiveCallDto = answerDtoOf('LiveCallDto', {
  callId: answered.id(), interactionId: answered.id(), direction: answered.choice(DIRECTIONS), nodeId: answered.text('fs1'), numberId: nullable(answered.id()), fromNumber: answered.text('+4915112345678'),
  fromName: answered.text('Erika Mustermann'), toNumber: answered.text('+4930123456'), state: answered.choice(LIVE_STATES), stateSince: answered.time(), startedAt: answered.time(), answeredAt: nullable(answered.time()),
  queueId: nullable(answered.id('In which the caller waits, or waited last')), segmentId: nullable(answered.id('The stay in the queue, while it lasts')), priority: nullable(answered.count('1 is served first')),
  waitingSince: nullable(answered.time('Since when the wait counts')), agentId: nullable(answered.id('In contact with the caller')), offeredAgentId: nullable(answered.id('Being asked')), offeredAt: nullable(answered.time()),
  legs: answered.many(LiveLegDto),
});
export const LiveCallPageDto = pageDtoOf(LiveCallDto);
