import { answerDtoOf, answered } from '../../src/platform/http/dto/answers.js';
import { AfterQuery } from '../../src/platform/http/dto/common.dto.js';
import { IdField, TimeField } from '../../src/platform/http/dto/fields.js';
import { FigureDto } from '../shared/figures.dto.js';

export class ActivityQuery extends AfterQuery {
  @TimeField({ description: 'From this time', example: '2026-03-01T00:00:00Z' })
  from!: string;

  @TimeField({ description: 'Up to this time; what still lasts counts up to now', example: '2026-03-02T00:00:00Z' })
  to!: string;

  @IdField({ description: 'Only this agent', optional: true })
  agentId?: string;

  @IdField({ description: 'Only this queue, and agents who were its members in that time', optional: true })
  queueId?: string;
}

const activity = {
  signedInMs: answered.ms(), availableMs: answered.ms(), pausedMs: answered.ms(), pausedMsByReason: answered.countsByName('Paused by reason, ms'), idleMs: answered.ms('Available and without anything to do'),
  offeredMs: answered.ms('Reserved for an offer, or the phone ringing'), onCallMs: answered.ms('Talk and hold'), wrapUpMs: answered.ms(), ownCallMs: answered.ms('Calls of their own: neither handle time nor idle'), handleMs: answered.ms(),
  occupancy: answered.one(FigureDto, 'handle / (handle + idle); time being offered a call and pauses are in neither'), utilisation: answered.one(FigureDto, 'handle / signed in'),
};

const AgentActivityDto = answerDtoOf('AgentActivityDto', { agentId: answered.id(), ...activity });
const QueueActivityDto = answerDtoOf('QueueActivityDto', { queueId: answered.id(), agents: answered.count(), queueHandleMs: answered.ms('Part of the handle time that went to this queue'), ...activity });

export const AgentActivitiesDto = answerDtoOf('AgentActivitiesDto', { items: answered.many(AgentActivityDto) });
export const QueueActivitiesDto = answerDtoOf('QueueActivitiesDto', { items: answered.many(QueueActivityDto) });
