import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { notFound } from '../../src/kernel/checks.js';
import type { Access } from '../../src/platform/http/access/access.js';
import { CurrentAccess, Scopes } from '../../src/platform/http/access/access.decorators.js';
import { ReadModel } from '../../src/platform/http/after.interceptor.js';
import { AfterQuery } from '../../src/platform/http/dto/common.dto.js';
import type { Page } from '../../src/platform/http/pages.js';
import { LiveCallDto, LiveCallPageDto, LiveCallsQuery } from './live-calls.dto.js';
import { type LiveCall, LiveCallsQueries } from './live-calls.queries.js';

@ApiTags('calls')
@Controller('v1/calls')
@Scopes('calls:read')
@ReadModel('live-calls')
export class LiveCallsController {
  constructor(private readonly calls: LiveCallsQueries) {}

  @Get()
  @ApiOperation({ summary: 'Calls that go on, in the order in which they began' })
  @ApiOkResponse({ type: LiveCallPageDto })
  list(@Query() { limit, cursor, queueId, agentId, state, direction, waiting }: LiveCallsQuery, @CurrentAccess() { tenantId }: Access): Promise<Page<LiveCall>> {
    return this.calls.list(tenantId, { queueId, agentId, state, direction, waiting }, { limit, cursor });
  }

  @Get(':callId')
  @ApiOperation({ summary: 'A call that goes on', description: 'Once it has ended it is in the call history.' })
  @ApiOkResponse({ type: LiveCallDto })
  async one(@Param('callId') callId: string, @Query() _query: AfterQuery, @CurrentAccess() { tenantId }: Access): Promise<LiveCall> {
    const call = await this.calls.one(tenantId, callId);
    if (call === undefined) throw notFound('call-not-found', 'no call with this id goes on now; one that has ended is under /v1/call-history');
    return call;
  }
}
