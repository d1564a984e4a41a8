import { Body, Controller, Delete, Get, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { notFound } from '../../../kernel/checks.js';
import type { CommandMeta } from '../../../kernel/command.js';
import { SYSTEM_TENANT } from '../../../kernel/tenants.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import { Meta, Scopes } from '../../../platform/http/access/access.decorators.js';
import { ReadModel } from '../../../platform/http/after.interceptor.js';
import { positionOf } from '../../../platform/http/command-answer.js';
import { AfterQuery, ConfigurationQuery } from '../../../platform/http/dto/common.dto.js';
import type { Page } from '../../../platform/http/pages.js';
import { type NodeView, TELEPHONY_CONFIGURATION, type TelephonyConfiguration } from '../../ports/telephony-configuration.port.js';
import { CommandMediaNode, ConfigureMediaNode } from '../commands/media-node.command.js';
import { ConfigureNodeBody, NodeCommandAnswer, NodeDto, NodePageDto, RegisterNodeBody } from './media-nodes.dto.js';

interface NodeAnswer {
  readonly position: string;
  readonly nodeId: string;
}

/** Media nodes serve all tenants and belong to the operator. */
@ApiTags('nodes')
@Controller('v1/nodes')
@Scopes('operator')
@ReadModel('configuration')
export class MediaNodesController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(TELEPHONY_CONFIGURATION) private readonly configuration: TelephonyConfiguration,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Register a media node', description: 'It is dialled at once. Nodes that FREESWITCH_NODES names are registered at each start.' })
  @ApiCreatedResponse({ type: NodeCommandAnswer })
  async register(@Body() { nodeId: wanted, settings }: RegisterNodeBody, @Meta() meta: CommandMeta): Promise<NodeAnswer> {
    const nodeId = wanted ?? deterministicId(meta.commandId, 'node');
    const result = await this.commands.execute(new CommandMediaNode(nodeId, { type: 'RegisterMediaNode', data: { nodeId, settings: { ...settings } }, meta: ofSystem(meta) }));
    return { position: positionOf(result), nodeId };
  }

  @Get()
  @ApiOperation({ summary: 'Media nodes, their connection and their clocks' })
  @ApiOkResponse({ type: NodePageDto })
  list(@Query() { limit, cursor, status }: ConfigurationQuery): Promise<Page<NodeView>> {
    return this.configuration.nodes(SYSTEM_TENANT, { status }, { limit, cursor });
  }

  @Get(':nodeId')
  @ApiOperation({ summary: 'One media node' })
  @ApiOkResponse({ type: NodeDto })
  async one(@Param('nodeId') nodeId: string, @Query() _query: AfterQuery): Promise<NodeView> {
    const node = await this.configuration.node(SYSTEM_TENANT, nodeId);
    if (node === undefined) throw notFound('node-not-found', 'there is no such media node');
    return node;
  }

  @Put(':nodeId')
  @ApiOperation({ summary: 'Replace the settings of a media node', description: 'Its connection is made anew; calls go on.' })
  @ApiOkResponse({ type: NodeCommandAnswer })
  async configure(@Param('nodeId') nodeId: string, @Body() { settings }: ConfigureNodeBody, @Meta() meta: CommandMeta): Promise<NodeAnswer> {
    const { password } = settings;
    return { position: positionOf(await this.commands.execute(new ConfigureMediaNode(nodeId, { ...settings, password }, ofSystem(meta)))), nodeId };
  }

  @Delete(':nodeId')
  @ApiOperation({ summary: 'Retire a media node', description: 'It is not driven any more; calls on it fall back to the node’s own dialplan.' })
  @ApiOkResponse({ type: NodeCommandAnswer })
  async retire(@Param('nodeId') nodeId: string, @Meta() meta: CommandMeta): Promise<NodeAnswer> {
    return { position: positionOf(await this.commands.execute(new CommandMediaNode(nodeId, { type: 'RetireMediaNode', data: {}, meta: ofSystem(meta) }))), nodeId };
  }
}

const ofSystem = (meta: CommandMeta): CommandMeta => ({ ...meta, tenantId: SYSTEM_TENANT });
