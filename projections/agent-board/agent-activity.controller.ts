import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { invalid } from '../../src/kernel/checks.js';
import { type Clock, isoTime, msOf } from '../../src/kernel/clock.js';
import type { Access } from '../../src/platform/http/access/access.js';
import { CurrentAccess, Scopes } from '../../src/platform/http/access/access.decorators.js';
import { ReadModel } from '../../src/platform/http/after.interceptor.js';
import { CLOCK } from '../../src/platform/http/tokens.js';
import { AgentActivitiesDto, ActivityQuery, QueueActivitiesDto } from './agent-activity.dto.js';
import { type ActivityRequest, type AgentActivity, AgentActivityQueries, type QueueActivity } from './agent-activity.js';

@ApiTags('statistics')
@Controller('v1')
@Scopes('reports:read')
@ReadModel('agent-board')
export class AgentActivityController {
  constructor(
    private readonly activity: AgentActivityQueries,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('agent-statistics')
  @ApiOperation({ summary: 'How long each agent was in which state, and their occupancy' })
  @ApiOkResponse({ type: AgentActivitiesDto })
  async agents(@Query() query: ActivityQuery, @CurrentAccess() { tenantId }: Access): Promise<{ readonly items: readonly AgentActivity[] }> {
    return { items: await this.activity.perAgent(tenantId, this.requestOf(query)) };
  }

  @Get('queue-agent-statistics')
  @ApiOperation({ summary: 'How long the agents of each queue were in which state, and their occupancy', description: 'Of each agent the time in which they were a member of the queue, whatever queue they worked for; an agent of several queues counts in each.' })
  @ApiOkResponse({ type: QueueActivitiesDto })
  async queues(@Query() query: ActivityQuery, @CurrentAccess() { tenantId }: Access): Promise<{ readonly items: readonly QueueActivity[] }> {
    return { items: await this.activity.perQueue(tenantId, this.requestOf(query)) };
  }

  private requestOf({ from, to, agentId, queueId }: ActivityQuery): ActivityRequest {
    if (msOf(from) >= msOf(to)) throw invalid('invalid-range', '`from` must be before `to`');
    return { from, to, agentId, queueId, now: isoTime(this.clock.now()) };
  }
}
