import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { notFound } from '../../../kernel/checks.js';
import type { CommandMeta } from '../../../kernel/command.js';
import type { Access } from '../../../platform/http/access/access.js';
import { CurrentAccess, Meta, Scopes } from '../../../platform/http/access/access.decorators.js';
import { ReadModel } from '../../../platform/http/after.interceptor.js';
import { wantedBytes } from '../../../platform/http/byte-range.js';
import { positionOf } from '../../../platform/http/command-answer.js';
import { AfterQuery } from '../../../platform/http/dto/common.dto.js';
import { headerOf, type HttpReply, type HttpRequest } from '../../../platform/http/http-request.js';
import type { Page } from '../../../platform/http/pages.js';
import { HttpProblem } from '../../../platform/http/problem.js';
import { RECORDINGS, type Recordings, type RecordingView } from '../../ports/recordings.port.js';
import { OrderForRecording } from '../commands/recording.command.js';
import { RecordingContent } from '../queries/recording-content.query.js';
import { RecordingDto, RecordingOrderAnswer, RecordingPageDto, RecordingsQuery } from './kept-recordings.dto.js';

interface OrderAnswer {
  readonly position: string;
  readonly recordingId: string;
}

/** What was recorded, once the switch is done with it. Recordings are started and stopped at their calls. */
@ApiTags('recordings')
@Controller('v1/recordings')
@Scopes('calls:read')
@ReadModel('recordings')
export class KeptRecordingsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    @Inject(RECORDINGS) private readonly recordings: Recordings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Recordings, newest first', description: 'Also those that run, and those that could not be stored, with what holds them up.' })
  @ApiOkResponse({ type: RecordingPageDto })
  list(@Query() { callId, state, limit, cursor }: RecordingsQuery, @CurrentAccess() { tenantId }: Access): Promise<Page<RecordingView>> {
    return this.recordings.list(tenantId, { callId, state }, { limit, cursor });
  }

  @Get(':recordingId')
  @ApiOperation({ summary: 'One recording' })
  @ApiOkResponse({ type: RecordingDto })
  async one(@Param('recordingId') recordingId: string, @Query() _query: AfterQuery, @CurrentAccess() { tenantId }: Access): Promise<RecordingView> {
    const recording = await this.recordings.one(tenantId, recordingId);
    if (recording === undefined) throw notFound('recording-not-found', 'there is no recording with this id');
    return recording;
  }

  @Get(':recordingId/content')
  @ApiOperation({ summary: 'The recording itself', description: 'As it was stored, with its SHA-256 as entity tag. An answer that breaks off has not the whole.' })
  @ApiHeader({ name: 'Range', required: false, description: 'One range of bytes, such as `bytes=0-1023`' })
  @ApiOkResponse({ content: { 'audio/wav': { schema: { type: 'string', format: 'binary' } } } })
  @ApiResponse({ status: 206, description: 'The part that was asked for' })
  @ApiResponse({ status: 416, description: 'The part that was asked for lies beyond the end' })
  async content(
    @Param('recordingId') recordingId: string,
    @Query() _query: AfterQuery,
    @CurrentAccess() { tenantId }: Access,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<StreamableFile | undefined> {
    const { contentType, bytes, sha256, open } = await this.queries.execute(new RecordingContent(tenantId, recordingId));
    const tag = `"${sha256}"`;
    reply.header('etag', tag).header('accept-ranges', 'bytes').header('cache-control', 'private, no-cache');
    if (headerOf(request, 'if-none-match') === tag) {
      reply.code(304);
      return undefined;
    }
    const unchanged = [undefined, tag].includes(headerOf(request, 'if-range'));
    const range = unchanged ? wantedBytes(headerOf(request, 'range'), bytes) : undefined;
    if (range === 'unsatisfiable') throw new HttpProblem(416, 'range-beyond-end', `the recording has ${bytes} bytes; ask for a part of them`, undefined, { 'content-range': `bytes */${bytes}` });
    const stream = await open(range);
    if (range !== undefined) reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${bytes}`);
    return new StreamableFile(stream, { type: contentType, length: range === undefined ? bytes : range.last - range.first + 1, disposition: `attachment; filename="${recordingId}${ENDINGS[contentType] ?? ''}"` });
  }

  @Post(':recordingId/store')
  @HttpCode(202)
  @Scopes('admin')
  @ApiOperation({ summary: 'Try to store it now', description: 'For a recording that failed, once what stood in the way is gone. One that is stored, or being stored, stays as it is.' })
  @ApiAcceptedResponse({ type: RecordingOrderAnswer })
  store(@Param('recordingId') recordingId: string, @Meta() meta: CommandMeta): Promise<OrderAnswer> {
    return this.order(recordingId, 'StoreRecordingAgain', meta);
  }

  @Delete(':recordingId')
  @HttpCode(202)
  @Scopes('admin')
  @ApiOperation({ summary: 'Delete a recording', description: 'From the object storage and from its media node. That there was one, whose it was and who deleted it stays on record.' })
  @ApiAcceptedResponse({ type: RecordingOrderAnswer })
  remove(@Param('recordingId') recordingId: string, @Meta() meta: CommandMeta): Promise<OrderAnswer> {
    return this.order(recordingId, 'DeleteRecording', meta);
  }

  private async order(recordingId: string, type: OrderForRecording['type'], meta: CommandMeta): Promise<OrderAnswer> {
    return { position: positionOf(await this.commands.execute(new OrderForRecording(recordingId, type, meta))), recordingId };
  }
}

const ENDINGS: Readonly<Record<string, string>> = { 'audio/wav': '.wav', 'audio/mpeg': '.mp3', 'audio/ogg': '.ogg', 'video/mp4': '.mp4' };
