import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { CommandMeta } from '../../../kernel/command.js';
import { Meta, Scopes } from '../../../platform/http/access/access.decorators.js';
import { positionOf } from '../../../platform/http/command-answer.js';
import { ChoosePresence, type ShiftResult, SignInAgent } from '../commands/agent.command.js';
import { EndWrapUpBody, PauseBody, ShiftAnswer, SignOutBody } from './agents.dto.js';

/** What agents, or a supervisor for them, choose during a shift. */
@ApiTags('agents')
@Controller('v1/agents/:agentId')
@Scopes('agents:write')
export class AgentPresenceController {
  constructor(private readonly commands: CommandBus) {}

  @Post('sign-in')
  @HttpCode(200)
  @ApiOperation({ summary: 'Open a shift', description: 'It begins paused, with the reason `signed-in`. Signed in already: nothing changes.' })
  @ApiOkResponse({ type: ShiftAnswer })
  async signIn(@Param('agentId') agentId: string, @Meta() meta: CommandMeta): Promise<ShiftAnswer> {
    return answerOf(agentId, await this.commands.execute(new SignInAgent(agentId, meta)));
  }

  @Post('available')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take offers', description: 'Also takes back a pause or sign-out that waits for the end of a call.' })
  @ApiOkResponse({ type: ShiftAnswer })
  async available(@Param('agentId') agentId: string, @Meta() meta: CommandMeta): Promise<ShiftAnswer> {
    return answerOf(agentId, await this.commands.execute(new ChoosePresence(agentId, { type: 'MakeAvailable', data: {}, meta })));
  }

  @Post('pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take no offers for a while', description: 'During a call or wrap-up the pause begins when that ends, unless `force` is true.' })
  @ApiOkResponse({ type: ShiftAnswer })
  async pause(@Param('agentId') agentId: string, @Body() { reason, force }: PauseBody, @Meta() meta: CommandMeta): Promise<ShiftAnswer> {
    return answerOf(agentId, await this.commands.execute(new ChoosePresence(agentId, { type: 'PauseAgent', data: { reason, force }, meta })));
  }

  @Post('sign-out')
  @HttpCode(200)
  @ApiOperation({ summary: 'End the shift', description: 'During a call it ends when the call does, unless `force` is true. Signed out already: nothing changes.' })
  @ApiOkResponse({ type: ShiftAnswer })
  async signOut(@Param('agentId') agentId: string, @Body() { force }: SignOutBody, @Meta() meta: CommandMeta): Promise<ShiftAnswer> {
    return answerOf(agentId, await this.commands.execute(new ChoosePresence(agentId, { type: 'SignOutAgent', data: { force }, meta })));
  }

  @Post('end-wrap-up')
  @HttpCode(200)
  @ApiOperation({ summary: 'End the wrap-up before its time' })
  @ApiOkResponse({ type: ShiftAnswer })
  async endWrapUp(@Param('agentId') agentId: string, @Body() { segmentId }: EndWrapUpBody, @Meta() meta: CommandMeta): Promise<ShiftAnswer> {
    return answerOf(agentId, await this.commands.execute(new ChoosePresence(agentId, { type: 'EndWrapUp', data: { segmentId, by: 'agent' }, meta })));
  }
}

const answerOf = (agentId: string, { result, shiftId }: ShiftResult): ShiftAnswer => ({ position: positionOf(result), agentId, shiftId });
