import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { conflict, invalid } from '../../../kernel/checks.js';
import { DomainError } from '../../../kernel/errors.js';
import { streamOf } from '../../../kernel/streams.js';
import { TENANT_DIRECTORY, type TenantDirectory } from '../../../identity/ports/identity-directory.port.js';
import { CommandExecutor, type CommandResult } from '../../../platform/event-store/command-executor.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import { KNOWN_QUEUES, type KnownQueues } from '../../ports/known-queues.port.js';
import { numberDecider } from '../domain/number.decider.js';
import { AssignNumber, CommandNumber } from './number.command.js';
import { ownNumberOf } from './phone-number.js';

/** The id follows from the number, so that of two tenants only one can have it; each use of it after a retirement has the next id. */
const numberIdOf = (number: string, use: number): string => {
  const digits = number.replace(/^\+/, '');
  return use === 0 ? deterministicId('number', digits) : deterministicId('number', digits, use);
};

@CommandHandler(AssignNumber)
export class AssignNumberHandler implements ICommandHandler<AssignNumber> {
  constructor(
    private readonly executor: CommandExecutor,
    @Inject(KNOWN_QUEUES) private readonly queues: KnownQueues,
    @Inject(TENANT_DIRECTORY) private readonly tenants: TenantDirectory,
  ) {}

  async execute({ number: written, destination, meta }: AssignNumber): Promise<{ readonly result: CommandResult; readonly numberId: string; readonly number: string }> {
    const number = ownNumberOf(written, this.tenants.tenant(meta.tenantId)?.settings.country ?? '');
    await requireQueue(this.queues, meta.tenantId, destination.queueId);
    for (let use = 0; ; use += 1) {
      const numberId = numberIdOf(number, use);
      const stream = streamOf('number', numberId);
      try {
        const result = await this.executor.execute(numberDecider, stream, { type: 'AssignNumber', data: { numberId, number, destination }, meta });
        return { result, numberId, number };
      } catch (error) {
        if (!(error instanceof DomainError) || (error.code !== 'number-exists' && error.code !== 'not-found')) throw error;
        const { state } = await this.executor.load(numberDecider, stream);
        if (state.status === 'active') throw conflict('number-taken', 'this number is assigned already; retire that assignment first, or take another number');
      }
    }
  }
}

@CommandHandler(CommandNumber)
export class CommandNumberHandler implements ICommandHandler<CommandNumber> {
  constructor(
    private readonly executor: CommandExecutor,
    @Inject(KNOWN_QUEUES) private readonly queues: KnownQueues,
  ) {}

  async execute({ numberId, command }: CommandNumber): Promise<CommandResult> {
    if (command.type === 'ConfigureNumber') await requireQueue(this.queues, command.meta.tenantId, command.data.destination.queueId);
    return this.executor.execute(numberDecider, streamOf('number', numberId), command);
  }
}

const requireQueue = async (queues: KnownQueues, tenantId: string, queueId: string): Promise<void> => {
  if (!(await queues.isInService(tenantId, queueId))) throw invalid('queue-not-found', 'destination.queueId names no queue in service; create the queue first');
};
