import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { invalid, notFound } from '../../src/kernel/checks.js';
import { msOf } from '../../src/kernel/clock.js';
import type { Access } from '../../src/platform/http/access/access.js';
import { CurrentAccess, Scopes } from '../../src/platform/http/access/access.decorators.js';
import { ReadModel } from '../../src/platform/http/after.interceptor.js';
import { AfterQuery } from '../../src/platform/http/dto/common.dto.js';
import type { Page } from '../../src/platform/http/pages.js';
import { csvOf, ndjsonOf } from './call-export.js';
import { CallDetailDto, CallExportQuery, CallFilterQuery, CallListQuery, CallRecordPageDto, CallTotalsDto } from './call-history.dto.js';
import { type CallFilter, CallHistoryQueries } from './call-history.queries.js';
import type { CallDetail, CallRecord, CallTotals } from './call-history.views.js';

/** The calls that are over, and those that go on, as they will be billed, reported and explained. */
@ApiTags('call history')
@Controller('v1/call-history')
@Scopes('reports:read', 'calls:read')
@ReadModel('call-history')
export class CallHistoryController {
  constructor(private readonly calls: CallHistoryQueries) {}

  @Get()
  @ApiOperation({ summary: 'CDRs, newest first' })
  @ApiOkResponse({ type: CallRecordPageDto })
  list(@Query() { limit, cursor, ...query }: CallListQuery, @CurrentAccess() { tenantId }: Access): Promise<Page<CallRecord>> {
    return this.calls.list(tenantId, filterOf(query), { limit, cursor });
  }

  @Get('totals')
  @ApiOperation({ summary: 'How many calls, by what became of them, and their times' })
  @ApiOkResponse({ type: CallTotalsDto })
  totals(@Query() query: CallFilterQuery, @CurrentAccess() { tenantId }: Access): Promise<CallTotals> {
    return this.calls.totals(tenantId, filterOf(query));
  }

  @Get('export')
  @ApiOperation({ summary: 'CDRs as CSV or NDJSON, oldest first', description: 'Streamed: as many as there are. An answer that breaks off has not the whole.' })
  @ApiOkResponse({ content: { 'text/csv': { schema: { type: 'string' } }, 'application/x-ndjson': { schema: { type: 'string' } } } })
  async export(@Query() { format, ...query }: CallExportQuery, @CurrentAccess() { tenantId }: Access): Promise<StreamableFile> {
    // The first page is fetched before the answer begins, so that what is wrong is still told as a problem.
    const pages = await begun(this.calls.all(tenantId, filterOf(query)));
    const [text, type] = format === 'csv' ? [csvOf(pages), 'text/csv; charset=utf-8; header=present'] : [ndjsonOf(pages), 'application/x-ndjson; charset=utf-8'];
    return new StreamableFile(Readable.from(text, { objectMode: false }), { type, disposition: `attachment; filename="calls.${format}"` });
  }

  @Get(':callId')
  @ApiOperation({ summary: 'One CDR with its legs and its stays in queues and with agents' })
  @ApiOkResponse({ type: CallDetailDto })
  async one(@Param('callId') callId: string, @Query() _query: AfterQuery, @CurrentAccess() { tenantId }: Access): Promise<CallDetail> {
    const call = await this.calls.one(tenantId, callId);
    if (call === undefined) throw notFound('call-not-found', 'there is no call with this id');
    return call;
  }
}

const filterOf = ({ after: _after, number, ...filter }: CallFilterQuery): CallFilter => {
  const { from, to } = filter;
  if (from !== undefined && to !== undefined && msOf(from) >= msOf(to)) throw invalid('invalid-range', '`from` must be before `to`');
  // A plus that was not encoded comes as a blank.
  return { ...filter, number: number?.replace(/^ /, '+') };
};

async function* replayed<T>(first: IteratorResult<T, unknown>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    if (first.done !== true) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

const begun = async <T>(items: AsyncGenerator<T>): Promise<AsyncGenerator<T>> => replayed(await items.next(), items);
