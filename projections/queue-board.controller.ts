import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { notFound } from '../src/kernel/checks.js';
import type { Access } from '../src/platform/http/access/access.js';
import { CurrentAccess, Scopes } from '../src/platform/http/access/access.decorators.js';
import { ReadModel } from '../src/platform/http/after.interceptor.js';
import { answerDtoOf, answered, nullable } from '../src/platform/http/dto/answers.js';
import { AfterQuery } from '../src/platform/http/dto/common.dto.js';
import { IntegerField } from '../src/platform/http/dto/fields.js';
import { LiveCallDto } from './live-calls/live-calls.dto.js';
import { type LiveCall, LiveCallsQueries } from './live-calls/live-calls.queries.js';
import { QUEUE_BOARD_MODELS, QueueBoard, type QueueOnBoard } from './queue-board.js';

export class WaitingQuery extends AfterQuery {
  @IntegerField({ description: 'Most callers of the answer', example: 100, optional: true, default: 100, min: 1, max: 1000, inQuery: true })
  limit = 100;
}

const QueueOnBoardDto = answerDtoOf('QueueOnBoardDto', {
  queueId: answered.id(), name: answered.text('Sales'), waiting: answered.count(), offered: answered.count('Of these, being offered to an agent'), talking: answered.count(), longestSince: nullable(answered.time('Since when the longest waiting has waited')),
  members: answered.count(), signedIn: answered.count(), ready: answered.count('Available and idle'), onCall: answered.count(), wrapUp: answered.count(), paused: answered.count(),
});
const QueueBoardDto = answerDtoOf('QueueBoardDto', { items: answered.many(QueueOnBoardDto) });
const WaitingDto = answerDtoOf('WaitingCallersDto', { items: answered.many(LiveCallDto) });

@ApiTags('queue board')
@Controller('v1/queue-board')
@Scopes('calls:read', 'agents:write', 'reports:read')
@ReadModel(...QUEUE_BOARD_MODELS)
export class QueueBoardController {
  constructor(
    private readonly board: QueueBoard,
    private readonly calls: LiveCallsQueries,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Who waits in each queue in service, and what its agents are doing now' })
  @ApiOkResponse({ type: QueueBoardDto })
  async list(@Query() _query: AfterQuery, @CurrentAccess() { tenantId }: Access): Promise<{ readonly items: readonly QueueOnBoard[] }> {
    return { items: await this.board.list(tenantId) };
  }

  @Get(':queueId/waiting')
  @Scopes('calls:read')
  @ApiOperation({ summary: 'Who waits in a queue, next first' })
  @ApiOkResponse({ type: WaitingDto })
  async waiting(@Param('queueId') queueId: string, @Query() { limit }: WaitingQuery, @CurrentAccess() { tenantId }: Access): Promise<{ readonly items: readonly LiveCall[] }> {
    if (!(await this.board.exists(tenantId, queueId))) throw notFound('queue-not-found', 'there is no such queue');
    return { items: await this.calls.waitingIn(tenantId, queueId, limit) };
  }
}
