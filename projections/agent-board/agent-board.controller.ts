import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { notFound } from '../../src/kernel/checks.js';
import type { Access } from '../../src/platform/http/access/access.js';
import { CurrentAccess, Scopes } from '../../src/platform/http/access/access.decorators.js';
import { ReadModel } from '../../src/platform/http/after.interceptor.js';
import { AfterQuery } from '../../src/platform/http/dto/common.dto.js';
import type { Page } from '../../src/platform/http/pages.js';
import { AgentBoardQuery, AgentIntervalPageDto, AgentIntervalsQuery, AgentOnBoardDto, AgentOnBoardPageDto } from './agent-board.dto.js';
import { AgentBoardQueries, type AgentInterval, type AgentOnBoard } from './agent-board.queries.js';

@ApiTags('agent board')
@Controller('v1')
@Scopes('calls:read', 'agents:write', 'reports:read')
@ReadModel('agent-board')
export class AgentBoardController {
  constructor(private readonly board: AgentBoardQueries) {}

  @Get('agent-board')
  @ApiOperation({ summary: 'What each agent is doing now' })
  @ApiOkResponse({ type: AgentOnBoardPageDto })
  list(@Query() { limit, cursor, queueId, presence, engagement, retired }: AgentBoardQuery, @CurrentAccess() { tenantId }: Access): Promise<Page<AgentOnBoard>> {
    return this.board.list(tenantId, { queueId, presence, engagement, retired }, { limit, cursor });
  }

  @Get('agent-board/:agentId')
  @ApiOperation({ summary: 'What one agent is doing now' })
  @ApiOkResponse({ type: AgentOnBoardDto })
  async one(@Param('agentId') agentId: string, @Query() _query: AfterQuery, @CurrentAccess() { tenantId }: Access): Promise<AgentOnBoard> {
    const agent = await this.board.one(tenantId, agentId);
    if (agent === undefined) throw notFound('agent-not-found', 'there is no such agent');
    return agent;
  }

  @Get('agent-intervals')
  @Scopes('reports:read')
  @ApiOperation({ summary: 'What agents did when', description: 'Without holes within a shift: each interval ends where the next begins. Those that touch the time asked for are told whole.' })
  @ApiOkResponse({ type: AgentIntervalPageDto })
  intervals(@Query() { limit, cursor, from, to, agentId, presence, engagement }: AgentIntervalsQuery, @CurrentAccess() { tenantId }: Access): Promise<Page<AgentInterval>> {
    return this.board.intervals(tenantId, { from, to, agentId, presence, engagement }, { limit, cursor });
  }
}
