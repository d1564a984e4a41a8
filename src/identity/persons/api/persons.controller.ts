import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { invalid, notFound } from '../../../kernel/checks.js';
import type { CommandMeta } from '../../../kernel/command.js';
import { streamOf } from '../../../kernel/streams.js';
import { CommandExecutor } from '../../../platform/event-store/command-executor.js';
import type { Access } from '../../../platform/http/access/access.js';
import { CurrentAccess, Meta, Scopes } from '../../../platform/http/access/access.decorators.js';
import { positionOf } from '../../../platform/http/command-answer.js';
import type { PersonNamed } from '../../ports/persons.port.js';
import { ErasePerson } from '../commands/person.command.js';
import { personDecider, type PersonState } from '../domain/person.decider.js';
import { ErasedPersonDto, ErasePersonDto, ErasureAnswer } from './persons.dto.js';

interface ErasedPerson {
  readonly personId: string;
  readonly kind: PersonState['kind'];
  readonly erasures: readonly { readonly erasureId: string; readonly reason: string; readonly reference: string | null; readonly requestedAt: string; readonly erasedAt: string | null; readonly recordings: number }[];
}

/** People who must be forgotten. */
@ApiTags('persons')
@Controller('v1/persons')
@Scopes('persons:erase')
export class PersonsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly executor: CommandExecutor,
  ) {}

  @Post('erase')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Erase a person',
    description: 'For good: the key of all that is personal of whoever has the number, or of the agent, is destroyed, and the recordings of their calls are deleted. Calls stay on record without them, figures as they are. What goes on with them at the moment, and what comes within ten minutes, stays unknown too; who comes later is somebody new.',
  })
  @ApiAcceptedResponse({ type: ErasureAnswer })
  async erase(@Body() { number, agentId, reason, reference }: ErasePersonDto, @Meta() meta: CommandMeta) {
    const person = named(number, agentId);
    const { result, erasureId, personId, recordings } = await this.commands.execute(new ErasePerson({ person, reason, reference: reference ?? null }, meta));
    return { position: positionOf(result), erasureId, personId, recordings: recordings.length };
  }

  @Get(':personId')
  @ApiOperation({ summary: 'What was erased of a person, when and why', description: 'Read from the log itself.' })
  @ApiOkResponse({ type: ErasedPersonDto })
  async one(@Param('personId') id: string, @CurrentAccess() { tenantId }: Access): Promise<ErasedPerson> {
    const { state, tenantId: whose } = await this.executor.load(personDecider, streamOf('person', id));
    if (whose !== tenantId) throw notFound('person-not-found', 'nothing was erased of a person with this id');
    const { personId, kind, erasures } = state;
    return { personId, kind, erasures: erasures.map(({ subjects: _subjects, recordings, ...erasure }) => ({ ...erasure, recordings: recordings.length })) };
  }
}

const named = (number: string | undefined, agentId: string | undefined): PersonNamed => {
  if (number !== undefined && agentId === undefined) return { number };
  if (agentId !== undefined && number === undefined) return { agentId };
  throw invalid('not-one-person', 'give either number or agentId');
};
