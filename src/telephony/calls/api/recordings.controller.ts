import { Body, Controller, Delete, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { CommandMeta } from '../../../kernel/command.js';
import { Meta, Scopes } from '../../../platform/http/access/access.decorators.js';
import { positionOf } from '../../../platform/http/command-answer.js';
import { StartRecording, StopRecording } from '../commands/call.command.js';
import { PersonLegBody, RecordingAnswer } from './calls.dto.js';

@ApiTags('recordings')
@Controller('v1/calls/:callId/recordings')
@Scopes('calls:write')
export class RecordingsController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'Record the call', description: 'Both directions of one leg, into a file on its media node. It ends with the leg at the latest.' })
  @ApiAcceptedResponse({ type: RecordingAnswer })
  async start(@Param('callId') callId: string, @Body() { legId }: PersonLegBody, @Meta() meta: CommandMeta): Promise<RecordingAnswer> {
    const { result, actionId, recordingId } = await this.commands.execute(new StartRecording(callId, legId, meta));
    return { position: positionOf(result), callId, actionId, recordingId };
  }

  @Delete(':recordingId')
  @HttpCode(202)
  @ApiOperation({ summary: 'Stop recording', description: 'What was recorded stays.' })
  @ApiAcceptedResponse({ type: RecordingAnswer })
  async stop(@Param('callId') callId: string, @Param('recordingId') recordingId: string, @Meta() meta: CommandMeta): Promise<RecordingAnswer> {
    const { result, actionId } = await this.commands.execute(new StopRecording(callId, recordingId, meta));
    return { position: positionOf(result), callId, actionId, recordingId };
  }
}
