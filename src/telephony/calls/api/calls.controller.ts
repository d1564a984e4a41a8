import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { CommandMeta } from '../../../kernel/command.js';
import { Meta, Scopes } from '../../../platform/http/access/access.decorators.js';
import { positionOf } from '../../../platform/http/command-answer.js';
import { ActOnLeg, BridgeLegs, EnqueueCaller, HangUpCall, PlaceCallTo } from '../commands/call.command.js';
import { ActionAnswer, BridgeBody, CallAnswer, EnqueueAnswer, EnqueueBody, HangUpBody, PlaceCallBody } from './calls.dto.js';

/** Commands that make, join, queue and end calls. The switch acts on them later: the call's events tell the outcome. */
@ApiTags('calls')
@Controller('v1/calls')
@Scopes('calls:write')
export class CallsController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'Call somebody', description: 'Rings the number once, and never again by itself. When it is answered the leg is parked: enqueue it, play to it, or bridge it.' })
  @ApiAcceptedResponse({ type: CallAnswer })
  async place(@Body() { to, from, fromName, ringTimeoutMs }: PlaceCallBody, @Meta() meta: CommandMeta): Promise<CallAnswer> {
    const { result, callId } = await this.commands.execute(new PlaceCallTo({ to, from, fromName, timeoutMs: ringTimeoutMs }, meta));
    return { position: positionOf(result), callId };
  }

  @Post(':callId/hang-up')
  @HttpCode(202)
  @ApiOperation({ summary: 'Hang up', description: 'All legs of the call, or the one that is named.' })
  @ApiAcceptedResponse({ type: CallAnswer })
  async hangUp(@Param('callId') callId: string, @Body() { legId, cause }: HangUpBody, @Meta() meta: CommandMeta): Promise<CallAnswer> {
    const result = legId === undefined ? await this.commands.execute(new HangUpCall(callId, cause, meta)) : (await this.commands.execute(new ActOnLeg(callId, legId, 'person', { deed: 'hang-up', cause }, meta))).result;
    return { position: positionOf(result), callId };
  }

  @Post(':callId/bridge')
  @HttpCode(202)
  @ApiOperation({ summary: 'Let two legs of the call talk' })
  @ApiAcceptedResponse({ type: ActionAnswer })
  async bridge(@Param('callId') callId: string, @Body() { legId, otherLegId }: BridgeBody, @Meta() meta: CommandMeta): Promise<ActionAnswer> {
    const { result, actionId } = await this.commands.execute(new BridgeLegs(callId, legId, otherLegId, meta));
    return { position: positionOf(result), callId, actionId };
  }

  @Post(':callId/enqueue')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send the caller to a queue', description: 'A leg that talks is parked first. The answer is 409 `queue-full` or `queue-retired` where the queue takes nobody, and `already-queued` for a call that waits.' })
  @ApiAcceptedResponse({ type: EnqueueAnswer })
  async enqueue(@Param('callId') callId: string, @Body() { legId, queueId, priority }: EnqueueBody, @Meta() meta: CommandMeta): Promise<EnqueueAnswer> {
    const { result, segmentId } = await this.commands.execute(new EnqueueCaller(callId, legId, queueId, priority, meta));
    return { position: positionOf(result), callId, segmentId };
  }
}
