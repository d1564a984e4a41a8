import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { notFound } from '../../../kernel/checks.js';
import { isoTime, msOf } from '../../../kernel/clock.js';
import type { CommandMeta } from '../../../kernel/command.js';
import type { Access } from '../../../platform/http/access/access.js';
import { CurrentAccess, Meta, Scopes } from '../../../platform/http/access/access.decorators.js';
import { ReadModel } from '../../../platform/http/after.interceptor.js';
import { positionOf } from '../../../platform/http/command-answer.js';
import { AfterQuery, PageQuery } from '../../../platform/http/dto/common.dto.js';
import { type Page, pageOf } from '../../../platform/http/pages.js';
import { DIRECTORIES } from '../../../platform/http/projection-progress.port.js';
import { API_KEY_LIST, type ApiKeyList, type ApiKeyView } from '../../ports/identity-directory.port.js';
import { IssueKey, RevokeKey } from '../commands/api-key.command.js';
import { ApiKeyCommandAnswer, ApiKeyDto, ApiKeyPageDto, IssueApiKeyDto, IssuedApiKeyDto, RevokeApiKeyQuery } from './api-keys.dto.js';

@ApiTags('api-keys')
@Controller('v1/api-keys')
@Scopes('operator')
@ReadModel(DIRECTORIES)
export class ApiKeysController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(API_KEY_LIST) private readonly keys: ApiKeyList,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Issue a key for a tenant', description: 'The tenant is the one in the header Trunkline-Tenant. The key is in the answer and nowhere else: it is kept as a hash only.' })
  @ApiCreatedResponse({ type: IssuedApiKeyDto })
  async issue(@Body() { name, scopes, expiresAt }: IssueApiKeyDto, @Meta() meta: CommandMeta): Promise<IssuedApiKeyDto> {
    const { result, keyId, key } = await this.commands.execute(new IssueKey({ name, scopes, expiresAt: expiresAt === null ? null : isoTime(msOf(expiresAt)) }, meta));
    return { position: positionOf(result), keyId, key };
  }

  @Get()
  @ApiOperation({ summary: 'All keys of a tenant, revoked ones too' })
  @ApiOkResponse({ type: ApiKeyPageDto })
  list(@Query() { limit, cursor }: PageQuery, @CurrentAccess() { tenantId }: Access): Page<ApiKeyView> {
    return pageOf('api-keys', this.keys.keysOf(tenantId), ({ keyId }) => keyId, { limit, cursor });
  }

  @Get(':keyId')
  @ApiOperation({ summary: 'One key, without its secret' })
  @ApiOkResponse({ type: ApiKeyDto })
  one(@Param('keyId') keyId: string, @Query() _query: AfterQuery, @CurrentAccess() { tenantId }: Access): ApiKeyView {
    const key = this.keys.key(keyId);
    if (key === undefined || key.tenantId !== tenantId) throw notFound('api-key-not-found', 'this tenant has no such key');
    return key;
  }

  @Delete(':keyId')
  @ApiOperation({ summary: 'Revoke a key', description: 'It opens nothing any more, in every process, within moments.' })
  @ApiOkResponse({ type: ApiKeyCommandAnswer })
  async revoke(@Param('keyId') keyId: string, @Query() { reason }: RevokeApiKeyQuery, @Meta() meta: CommandMeta): Promise<{ readonly position: string; readonly keyId: string }> {
    return { position: positionOf(await this.commands.execute(new RevokeKey(keyId, reason, meta))), keyId };
  }
}
