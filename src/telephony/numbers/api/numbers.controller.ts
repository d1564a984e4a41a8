import { Body, Controller, Delete, Get, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { notFound } from '../../../kernel/checks.js';
import type { CommandMeta } from '../../../kernel/command.js';
import type { Access } from '../../../platform/http/access/access.js';
import { CurrentAccess, Meta, Scopes } from '../../../platform/http/access/access.decorators.js';
import { ReadModel } from '../../../platform/http/after.interceptor.js';
import { positionOf } from '../../../platform/http/command-answer.js';
import { AfterQuery, ConfigurationQuery } from '../../../platform/http/dto/common.dto.js';
import type { Page } from '../../../platform/http/pages.js';
import { type NumberView, TELEPHONY_CONFIGURATION, type TelephonyConfiguration } from '../../ports/telephony-configuration.port.js';
import { AssignNumber, CommandNumber } from '../commands/number.command.js';
import { AssignedNumberDto, AssignNumberBody, ConfigureNumberBody, NumberCommandAnswer, NumberDto, NumberPageDto } from './numbers.dto.js';

@ApiTags('numbers')
@Controller('v1/numbers')
@Scopes('admin')
@ReadModel('configuration')
export class NumbersController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(TELEPHONY_CONFIGURATION) private readonly configuration: TelephonyConfiguration,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Assign a number to the tenant', description: 'A number belongs to one tenant at a time; one that is taken is refused with `number-taken`.' })
  @ApiCreatedResponse({ type: AssignedNumberDto })
  async assign(@Body() { number: written, destination: { kind, queueId } }: AssignNumberBody, @Meta() meta: CommandMeta): Promise<AssignedNumberDto> {
    const { result, numberId, number } = await this.commands.execute(new AssignNumber(written, { kind, queueId }, meta));
    return { position: positionOf(result), numberId, number };
  }

  @Get()
  @Scopes('admin', 'calls:read', 'reports:read')
  @ApiOperation({ summary: 'Numbers of the tenant and where their calls go' })
  @ApiOkResponse({ type: NumberPageDto })
  list(@Query() { limit, cursor, status }: ConfigurationQuery, @CurrentAccess() { tenantId }: Access): Promise<Page<NumberView>> {
    return this.configuration.numbers(tenantId, { status }, { limit, cursor });
  }

  @Get(':numberId')
  @Scopes('admin', 'calls:read', 'reports:read')
  @ApiOperation({ summary: 'One number and where its calls go' })
  @ApiOkResponse({ type: NumberDto })
  async one(@Param('numberId') numberId: string, @Query() _query: AfterQuery, @CurrentAccess() { tenantId }: Access): Promise<NumberView> {
    const number = await this.configuration.number(tenantId, numberId);
    if (number === undefined) throw notFound('number-not-found', 'there is no such number');
    return number;
  }

  @Put(':numberId')
  @ApiOperation({ summary: 'Send the calls of a number elsewhere' })
  @ApiOkResponse({ type: NumberCommandAnswer })
  async configure(@Param('numberId') numberId: string, @Body() { destination: { kind, queueId } }: ConfigureNumberBody, @Meta() meta: CommandMeta): Promise<{ readonly position: string; readonly numberId: string }> {
    const result = await this.commands.execute(new CommandNumber(numberId, { type: 'ConfigureNumber', data: { destination: { kind, queueId } }, meta }));
    return { position: positionOf(result), numberId };
  }

  @Delete(':numberId')
  @ApiOperation({ summary: 'Give a number up', description: 'It can be assigned anew, to any tenant, under another id.' })
  @ApiOkResponse({ type: NumberCommandAnswer })
  async retire(@Param('numberId') numberId: string, @Meta() meta: CommandMeta): Promise<{ readonly position: string; readonly numberId: string }> {
    return { position: positionOf(await this.commands.execute(new CommandNumber(numberId, { type: 'RetireNumber', data: {}, meta }))), numberId };
  }
}
