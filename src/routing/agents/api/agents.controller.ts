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
import { type AgentView, ROUTING_CONFIGURATION, type RoutingConfiguration } from '../../ports/routing-configuration.port.js';
import { CommandAgent } from '../commands/agent.command.js';
import { AgentCommandAnswer, AgentDto, AgentPageDto, AgentSettingsBody } from './agents.dto.js';

interface AgentAnswer {
  readonly position: string;
  readonly agentId: string;
}

@ApiTags('agents')
@Controller('v1/agents')
@Scopes('admin')
@ReadModel('configuration')
export class AgentsController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(ROUTING_CONFIGURATION) private readonly configuration: RoutingConfiguration,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Create an agent' })
  @ApiCreatedResponse({ type: AgentCommandAnswer })
  async create(@Body() { settings }: AgentSettingsBody, @Meta() meta: CommandMeta): Promise<AgentAnswer> {
    const agentId = deterministicId(meta.commandId, 'agent');
    return { position: positionOf(await this.commands.execute(new CommandAgent(agentId, { type: 'CreateAgent', data: { agentId, settings: { ...settings } }, meta }))), agentId };
  }

  @Get()
  @Scopes('admin', 'calls:read', 'reports:read', 'agents:write')
  @ApiOperation({ summary: 'Agents with their settings' })
  @ApiOkResponse({ type: AgentPageDto })
  list(@Query() { limit, cursor, status }: ConfigurationQuery, @CurrentAccess() { tenantId }: Access): Promise<Page<AgentView>> {
    return this.configuration.agents(tenantId, { status }, { limit, cursor });
  }

  @Get(':agentId')
  @Scopes('admin', 'calls:read', 'reports:read', 'agents:write')
  @ApiOperation({ summary: 'One agent with the settings' })
  @ApiOkResponse({ type: AgentDto })
  async one(@Param('agentId') agentId: string, @Query() _query: AfterQuery, @CurrentAccess() { tenantId }: Access): Promise<AgentView> {
    const agent = await this.configuration.agent(tenantId, agentId);
    if (agent === undefined) throw notFound('agent-not-found', 'there is no such agent');
    return agent;
  }

  @Put(':agentId')
  @ApiOperation({ summary: 'Replace the settings of an agent' })
  @ApiOkResponse({ type: AgentCommandAnswer })
  async configure(@Param('agentId') agentId: string, @Body() { settings }: AgentSettingsBody, @Meta() meta: CommandMeta): Promise<AgentAnswer> {
    return { position: positionOf(await this.commands.execute(new CommandAgent(agentId, { type: 'ConfigureAgent', data: { settings: { ...settings } }, meta }))), agentId };
  }

  @Delete(':agentId')
  @ApiOperation({ summary: 'Retire an agent who is signed out' })
  @ApiOkResponse({ type: AgentCommandAnswer })
  async retire(@Param('agentId') agentId: string, @Meta() meta: CommandMeta): Promise<AgentAnswer> {
    return { position: positionOf(await this.commands.execute(new CommandAgent(agentId, { type: 'RetireAgent', data: {}, meta }))), agentId };
  }
}
