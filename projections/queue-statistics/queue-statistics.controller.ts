import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Access } from '../../src/platform/http/access/access.js';
import { CurrentAccess, Scopes } from '../../src/platform/http/access/access.decorators.js';
import { ReadModel } from '../../src/platform/http/after.interceptor.js';
import { FORMULAS } from './formulas.js';
import { FormulasDto, QueueStatisticsListDto, QueueStatisticsQuery } from './queue-statistics.dto.js';
import { type QueueStatistics, QueueStatisticsQueries } from './queue-statistics.queries.js';

interface Formula {
  readonly id: string;
  readonly meaning: string;
}

@ApiTags('statistics')
@Controller('v1/queue-statistics')
@Scopes('reports:read')
@ReadModel('queue-statistics')
export class QueueStatisticsController {
  constructor(private readonly statistics: QueueStatisticsQueries) {}

  @Get()
  @ApiOperation({ summary: 'What the queues achieved', description: 'Every figure with the id of its formula and its thresholds; every formula of the service level side by side. A group without a queue entry is left out.' })
  @ApiOkResponse({ type: QueueStatisticsListDto })
  async list(@Query() { after: _after, ...request }: QueueStatisticsQuery, @CurrentAccess() { tenantId }: Access): Promise<{ readonly items: readonly QueueStatistics[] }> {
    return { items: await this.statistics.statistics(tenantId, request) };
  }

  @Get('formulas')
  @ApiOperation({ summary: 'What each figure means' })
  @ApiOkResponse({ type: FormulasDto })
  formulas(): { readonly items: readonly Formula[] } {
    return { items: Object.entries(FORMULAS).map(([id, meaning]) => ({ id, meaning })) };
  }
}
