import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { notFound } from '../../src/kernel/checks.js';
import type { Access } from '../../src/platform/http/access/access.js';
import { CurrentAccess, Scopes } from '../../src/platform/http/access/access.decorators.js';
import { ReadModel } from '../../src/platform/http/after.interceptor.js';
import type { CallAt } from './call-state.js';
import { AgentAtDto, CallAtDto, QueueAtDto, WhenQuery } from './state-history.dto.js';
import { type AgentAt, type QueueAt, StateHistoryQueries } from './state-history.queries.js';

/** Whether the tenant has, or ever had, a queue. */
export const QUEUE_EXISTS = Symbol('QueueExists');
export type QueueExists = (tenantId: string, queueId: string) => Promise<boolean>;

const HOW = '`at` is a time: what had happened by then. `asOf` is a position of the log: what was known by then. Both: what was known by then of what had happened by then. Neither: now.';

@ApiTags('audit')
@Controller('v1')
@Scopes('audit:read')
@ReadModel('state-history')
export class StateHistoryController {
  constructor(
    private readonly states: StateHistoryQueries,
    @Inject(QUEUE_EXISTS) private readonly queueExists: QueueExists,
  ) {}

  @Get('calls/:callId/state')
  @ApiOperation({ summary: 'How a call was', description: HOW })
  @ApiOkResponse({ type: CallAtDto })
  async call(@Param('callId') callId: string, @Query() { at, asOf }: WhenQuery, @CurrentAccess() { tenantId }: Access): Promise<CallAt> {
    const state = await this.states.call(tenantId, callId, { at, asOf });
    if (state === undefined) throw notFound('call-not-found', 'there was no such call by then, as far as was known');
    return state;
  }

  @Get('agents/:agentId/state')
  @ApiOperation({ summary: 'What an agent was doing', description: HOW })
  @ApiOkResponse({ type: AgentAtDto })
  async agent(@Param('agentId') agentId: string, @Query() { at, asOf }: WhenQuery, @CurrentAccess() { tenantId }: Access): Promise<AgentAt> {
    const state = await this.states.agent(tenantId, agentId, { at, asOf });
    if (state === undefined) throw notFound('agent-not-found', 'there was no such agent, or one who had never signed in, by then, as far as was known');
    return state;
  }

  @Get('queues/:queueId/state')
  @ApiOperation({ summary: 'Who waited in a queue, and what its agents were doing', description: HOW })
  @ApiOkResponse({ type: QueueAtDto })
  async queue(@Param('queueId') queueId: string, @Query() { at, asOf }: WhenQuery, @CurrentAccess() { tenantId }: Access): Promise<QueueAt> {
    if (!(await this.queueExists(tenantId, queueId))) throw notFound('queue-not-found', 'there is no such queue');
    return this.states.queue(tenantId, queueId, { at, asOf });
  }
}
