import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { streamOf } from '../../../kernel/streams.js';
import { CommandExecutor, type CommandResult } from '../../../platform/event-store/command-executor.js';
import { tenantDecider } from '../domain/tenant.decider.js';
import { CommandTenant } from './tenant.command.js';

@CommandHandler(CommandTenant)
export class CommandTenantHandler implements ICommandHandler<CommandTenant> {
  constructor(private readonly executor: CommandExecutor) {}

  execute({ tenantId, command }: CommandTenant): Promise<CommandResult> {
    return this.executor.execute(tenantDecider, streamOf('tenant', tenantId), command);
  }
}
