import { Body, Controller, Delete, Get, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { notFound } from '../../../kernel/checks.js';
import type { CommandMeta } from '../../../kernel/command.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import type { Access } from '../../../platform/http/access/access.js';
import { CurrentAccess, Meta, Scopes } from '../../../platform/http/access/access.decorators.js';
import { ReadModel } from '../../../platform/http/after.interceptor.js';
import { positionOf } from '../../../platform/http/command-answer.js';
import { AfterQuery, ConfigurationQuery } from '../../../platform/http/dto/common.dto.js';
import type { Page } from '../../../platform/http/pages.js';
import { type QueueView, ROUTING_CONFIGURATION, type RoutingConfiguration } from '../../ports/routing-configuration.port.js';
import { CommandQueue } from '../commands/queue.command.js';
import type { QueueCommand } from '../domain/queue.decider.js';
import { QueueCommandAnswer, QueueDto, QueueMemberBody, QueuePageDto, queueSettingsOf, QueueSettingsBody } from './queues.dto.js';

interface QueueAnswer {
  readonly position: string;
  readonly queueId: string;
}

@ApiTags('queues')
@Controller('v1/queues')
@Scopes('admin')
@ReadModel('configuration')
export class QueuesController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(ROUTING_CONFIGURATION) private readonly configuration: RoutingConfiguration,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Create a queue' })
  @ApiCreatedResponse({ type: QueueCommandAnswer })
  create(@Body() { settings }: QueueSettingsBody, @Meta() meta: CommandMeta): Promise<QueueAnswer> {
    const queueId = deterministicId(meta.commandId, 'queue');
    return this.send(queueId, { type: 'CreateQueue', data: { queueId, settings: queueSettingsOf(settings) }, meta });
  }

  @Get()
  @Scopes('admin', 'calls:read', 'reports:read', 'agents:write')
  @ApiOperation({ summary: 'Queues with their settings and members' })
  @ApiOkResponse({ type: QueuePageDto })
  list(@Query() { limit, cursor, status }: ConfigurationQuery, @CurrentAccess() { tenantId }: Access): Promise<Page<QueueView>> {
    return this.configuration.queues(tenantId, { status }, { limit, cursor });
  }

  @Get(':queueId')
  @Scopes('admin', 'calls:read', 'reports:read', 'agents:write')
  @ApiOperation({ summary: 'One queue with its settings and members' })
  @ApiOkResponse({ type: QueueDto })
  async one(@Param('queueId') queueId: string, @Query() _query: AfterQuery, @CurrentAccess() { tenantId }: Access): Promise<QueueView> {
    const queue = await this.configuration.queue(tenantId, queueId);
    if (queue === undefined) throw notFound('queue-not-found', 'there is no such queue');
    return queue;
  }

  @Put(':queueId')
  @ApiOperation({ summary: 'Replace the settings of a queue' })
  @ApiOkResponse({ type: QueueCommandAnswer })
  configure(@Param('queueId') queueId: string, @Body() { settings }: QueueSettingsBody, @Meta() meta: CommandMeta): Promise<QueueAnswer> {
    return this.send(queueId, { type: 'ConfigureQueue', data: { settings: queueSettingsOf(settings) }, meta });
  }

  @Delete(':queueId')
  @ApiOperation({ summary: 'Retire a queue', description: 'It takes no new callers; those who wait are still served.' })
  @ApiOkResponse({ type: QueueCommandAnswer })
  retire(@Param('queueId') queueId: string, @Meta() meta: CommandMeta): Promise<QueueAnswer> {
    return this.send(queueId, { type: 'RetireQueue', data: {}, meta });
  }

  @Put(':queueId/members/:agentId')
  @ApiOperation({ summary: 'Let an agent serve a queue, or change the level and position' })
  @ApiOkResponse({ type: QueueCommandAnswer })
  join(@Param('queueId') queueId: string, @Param('agentId') agentId: string, @Body() { level, position }: QueueMemberBody, @Meta() meta: CommandMeta): Promise<QueueAnswer> {
    return this.send(queueId, { type: 'JoinQueue', data: { agentId, level, position }, meta });
  }

  @Delete(':queueId/members/:agentId')
  @ApiOperation({ summary: 'Let an agent serve a queue no more', description: 'A call under way goes on.' })
  @ApiOkResponse({ type: QueueCommandAnswer })
  leave(@Param('queueId') queueId: string, @Param('agentId') agentId: string, @Meta() meta: CommandMeta): Promise<QueueAnswer> {
    return this.send(queueId, { type: 'LeaveQueue', data: { agentId }, meta });
  }

  private async send(queueId: string, command: QueueCommand): Promise<QueueAnswer> {
    return { position: positionOf(await this.commands.execute(new CommandQueue(queueId, command))), queueId };
  }
}
