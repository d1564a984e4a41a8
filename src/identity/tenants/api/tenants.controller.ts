import { Body, Controller, Delete, Get, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { invalid, notFound } from '../../../kernel/checks.js';
import type { CommandMeta } from '../../../kernel/command.js';
import { SYSTEM_TENANT } from '../../../kernel/tenants.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import type { Access } from '../../../platform/http/access/access.js';
import { CurrentAccess, Meta, Scopes } from '../../../platform/http/access/access.decorators.js';
import { SCOPES } from '../../../platform/http/access/scope.js';
import { ReadModel } from '../../../platform/http/after.interceptor.js';
import { positionOf } from '../../../platform/http/command-answer.js';
import { AfterQuery, PageQuery } from '../../../platform/http/dto/common.dto.js';
import { type Page, pageOf } from '../../../platform/http/pages.js';
import { DIRECTORIES } from '../../../platform/http/projection-progress.port.js';
import { TENANT_DIRECTORY, type TenantDirectory, type TenantView } from '../../ports/identity-directory.port.js';
import { CommandTenant } from '../commands/tenant.command.js';
import { ConfigureTenantDto, CreateTenantDto, TenantCommandAnswer, TenantDto, TenantPageDto } from './tenants.dto.js';

interface TenantAnswer {
  readonly position: string;
  readonly tenantId: string;
}

@ApiTags('tenants')
@Controller('v1/tenants')
@Scopes('operator')
@ReadModel(DIRECTORIES)
export class TenantsController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(TENANT_DIRECTORY) private readonly directory: TenantDirectory,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Create a tenant' })
  @ApiCreatedResponse({ type: TenantCommandAnswer })
  async create(@Body() { tenantId: wanted, settings }: CreateTenantDto, @Meta() meta: CommandMeta): Promise<TenantAnswer> {
    const tenantId = wanted ?? deterministicId(meta.commandId, 'tenant');
    if (tenantId === SYSTEM_TENANT) throw invalid('reserved-tenant-id', `${SYSTEM_TENANT} is the operator's own tenant; choose another id`);
    const result = await this.commands.execute(new CommandTenant(tenantId, { type: 'CreateTenant', data: { tenantId, settings: { ...settings } }, meta: { ...meta, tenantId } }));
    return { position: positionOf(result), tenantId };
  }

  @Get()
  @ApiOperation({ summary: 'All tenants, retired ones too' })
  @ApiOkResponse({ type: TenantPageDto })
  list(@Query() { limit, cursor }: PageQuery): Page<TenantView> {
    return pageOf('tenants', this.directory.tenants(), ({ tenantId }) => tenantId, { limit, cursor });
  }

  @Get(':tenantId')
  @Scopes(...SCOPES)
  @ApiOperation({ summary: 'One tenant', description: 'A tenant’s own key, whatever its scopes, sees its own tenant.' })
  @ApiOkResponse({ type: TenantDto })
  one(@Param('tenantId') tenantId: string, @Query() _query: AfterQuery, @CurrentAccess() access: Access): TenantView {
    const tenant = access.scopes.includes('operator') || tenantId === access.tenantId ? this.directory.tenant(tenantId) : undefined;
    if (tenant === undefined) throw notFound('tenant-not-found', 'there is no such tenant');
    return tenant;
  }

  @Put(':tenantId')
  @ApiOperation({ summary: 'Replace the settings of a tenant' })
  @ApiOkResponse({ type: TenantCommandAnswer })
  async configure(@Param('tenantId') tenantId: string, @Body() { settings }: ConfigureTenantDto, @Meta() meta: CommandMeta): Promise<TenantAnswer> {
    const result = await this.commands.execute(new CommandTenant(tenantId, { type: 'ConfigureTenant', data: { settings: { ...settings } }, meta: { ...meta, tenantId } }));
    return { position: positionOf(result), tenantId };
  }

  @Delete(':tenantId')
  @ApiOperation({ summary: 'Retire a tenant', description: 'Its keys stop working and its numbers are not served any more; what happened stays on record.' })
  @ApiOkResponse({ type: TenantCommandAnswer })
  async retire(@Param('tenantId') tenantId: string, @Meta() meta: CommandMeta): Promise<TenantAnswer> {
    const result = await this.commands.execute(new CommandTenant(tenantId, { type: 'RetireTenant', data: {}, meta: { ...meta, tenantId } }));
    return { position: positionOf(result), tenantId };
  }
}
