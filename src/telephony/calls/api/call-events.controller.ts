import { Controller, Get, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Access } from '../../../platform/http/access/access.js';
import { CurrentAccess, Scopes } from '../../../platform/http/access/access.decorators.js';
import { EventDto, EventPageDto, eventDtoOf, EventsQuery } from '../../../platform/http/dto/event.dto.js';
import type { Page } from '../../../platform/http/pages.js';
import { CallEvents } from '../queries/call-events.query.js';

@ApiTags('audit')
@Controller('v1/calls/:callId/events')
@Scopes('audit:read')
export class CallEventsController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @ApiOperation({
    summary: 'What happened to a call, who did it, and why',
    description: 'The events of the call in the order in which they were recorded. `occurredAt` is when it happened, `recordedAt` when it was learned; `causationId` names the event or command that led to it. Personal data of erased persons reads `[erased]`.',
  })
  @ApiOkResponse({ type: EventPageDto })
  async list(@Param('callId') callId: string, @Query() { limit, cursor }: EventsQuery, @CurrentAccess() { tenantId }: Access): Promise<Page<EventDto>> {
    const { items, next } = await this.queries.execute(new CallEvents(tenantId, callId, { limit, cursor }));
    return { items: items.map(eventDtoOf), next };
  }
}
