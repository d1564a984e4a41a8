import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SYSTEM_TENANT } from '../../src/kernel/tenants.js';
import { Scopes } from '../../src/platform/http/access/access.decorators.js';
import { ReadModel } from '../../src/platform/http/after.interceptor.js';
import type { Page } from '../../src/platform/http/pages.js';
import { NodeGapPageDto, NodeGapsQuery } from './media-node-gaps.dto.js';
import { MediaNodeGapsQueries, type NodeGap } from './media-node-gaps.queries.js';

@ApiTags('nodes')
@Controller('v1/node-gaps')
@Scopes('operator')
@ReadModel('media-node-gaps')
export class MediaNodeGapsController {
  constructor(private readonly gaps: MediaNodeGapsQueries) {}

  @Get()
  @ApiOperation({ summary: 'When media nodes could not be heard, and what was found after', description: 'Newest first. Within a gap ends of legs may be inferred; the CDRs say so.' })
  @ApiOkResponse({ type: NodeGapPageDto })
  list(@Query() { limit, cursor, nodeId }: NodeGapsQuery): Promise<Page<NodeGap>> {
    return this.gaps.list(SYSTEM_TENANT, nodeId, { limit, cursor });
  }
}
