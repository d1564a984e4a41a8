import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { invalid } from '../../../kernel/checks.js';
import type { CommandMeta } from '../../../kernel/command.js';
import { Meta, Scopes } from '../../../platform/http/access/access.decorators.js';
import { positionOf } from '../../../platform/http/command-answer.js';
import { ActOnLeg, type LegSide } from '../commands/call.command.js';
import type { DeedOrder } from '../commands/deed-order.js';
import { ActionAnswer, AgentLegBody, CollectDigitsBody, PersonLegBody, PlayBody, SendDigitsBody, TransferBody } from './calls.dto.js';

/** Deeds on one leg of a live call. The switch acts on them later: the call's events tell the outcome. */
@ApiTags('calls')
@Controller('v1/calls/:callId')
@Scopes('calls:write')
export class CallActionsController {
  constructor(private readonly commands: CommandBus) {}

  @Post('answer')
  @HttpCode(202)
  @ApiOperation({ summary: 'Answer', description: 'From here on the caller pays. A leg that is answered stays as it is.' })
  @ApiAcceptedResponse({ type: ActionAnswer })
  answer(@Param('callId') callId: string, @Body() { legId }: PersonLegBody, @Meta() meta: CommandMeta): Promise<ActionAnswer> {
    return this.order(callId, legId, { deed: 'answer' }, meta);
  }

  @Post('park')
  @HttpCode(202)
  @ApiOperation({ summary: 'Park', description: 'The leg leaves what it is doing and waits.' })
  @ApiAcceptedResponse({ type: ActionAnswer })
  park(@Param('callId') callId: string, @Body() { legId }: PersonLegBody, @Meta() meta: CommandMeta): Promise<ActionAnswer> {
    return this.order(callId, legId, { deed: 'park' }, meta);
  }

  @Post('hold')
  @HttpCode(202)
  @ApiOperation({ summary: 'Put on hold', description: 'The other side hears the music of the media node.' })
  @ApiAcceptedResponse({ type: ActionAnswer })
  hold(@Param('callId') callId: string, @Body() { legId }: AgentLegBody, @Meta() meta: CommandMeta): Promise<ActionAnswer> {
    return this.order(callId, legId, { deed: 'hold' }, meta, 'agent');
  }

  @Post('resume')
  @HttpCode(202)
  @ApiOperation({ summary: 'Take off hold' })
  @ApiAcceptedResponse({ type: ActionAnswer })
  resume(@Param('callId') callId: string, @Body() { legId }: AgentLegBody, @Meta() meta: CommandMeta): Promise<ActionAnswer> {
    return this.order(callId, legId, { deed: 'resume' }, meta, 'agent');
  }

  @Post('transfer')
  @HttpCode(202)
  @ApiOperation({ summary: 'Transfer blindly', description: 'Done at most once: whether it was done after a crash of the media node, the events say or say that nobody knows.' })
  @ApiAcceptedResponse({ type: ActionAnswer })
  transfer(@Param('callId') callId: string, @Body() { legId, destination, side }: TransferBody, @Meta() meta: CommandMeta): Promise<ActionAnswer> {
    return this.order(callId, legId, { deed: 'transfer', destination, leg: side }, meta);
  }

  @Post('play')
  @HttpCode(202)
  @ApiOperation({ summary: 'Play to a leg' })
  @ApiAcceptedResponse({ type: ActionAnswer })
  play(@Param('callId') callId: string, @Body() { legId, media, loop }: PlayBody, @Meta() meta: CommandMeta): Promise<ActionAnswer> {
    return this.order(callId, legId, { deed: 'play', media, loop }, meta);
  }

  @Post('stop-playing')
  @HttpCode(202)
  @ApiOperation({ summary: 'Stop whatever is played to a leg' })
  @ApiAcceptedResponse({ type: ActionAnswer })
  stopPlaying(@Param('callId') callId: string, @Body() { legId }: PersonLegBody, @Meta() meta: CommandMeta): Promise<ActionAnswer> {
    return this.order(callId, legId, { deed: 'stop-playing' }, meta);
  }

  @Post('send-digits')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send digits to the far end', description: 'Done at most once.' })
  @ApiAcceptedResponse({ type: ActionAnswer })
  sendDigits(@Param('callId') callId: string, @Body() { legId, digits }: SendDigitsBody, @Meta() meta: CommandMeta): Promise<ActionAnswer> {
    return this.order(callId, legId, { deed: 'send-digits', digits }, meta);
  }

  @Post('collect-digits')
  @HttpCode(202)
  @ApiOperation({ summary: 'Ask for digits', description: 'The event DigitsCollected of the call has what was pressed, unless it is sensitive.' })
  @ApiAcceptedResponse({ type: ActionAnswer })
  collectDigits(@Param('callId') callId: string, @Body() { legId, prompt = '', minDigits, maxDigits, timeoutMs, terminators, sensitive }: CollectDigitsBody, @Meta() meta: CommandMeta): Promise<ActionAnswer> {
    if (minDigits > maxDigits) throw invalid('invalid-digit-range', 'minDigits must not be greater than maxDigits');
    return this.order(callId, legId, { deed: 'collect-digits', prompt, minDigits, maxDigits, timeoutMs, terminators, sensitive }, meta);
  }

  private async order(callId: string, legId: string | undefined, deed: DeedOrder, meta: CommandMeta, side: LegSide = 'person'): Promise<ActionAnswer> {
    const { result, actionId } = await this.commands.execute(new ActOnLeg(callId, legId, side, deed, meta));
    return { position: positionOf(result), callId, actionId };
  }
}
