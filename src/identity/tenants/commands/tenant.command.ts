import { Command } from '@nestjs/cqrs';
import type { CommandResult } from '../../../platform/event-store/command-executor.js';
import type { TenantCommand } from '../domain/tenant.decider.js';

/** Any command to one tenant. */
export class CommandTenant extends Command<CommandResult> {
  constructor(
    readonly tenantId: string,
    readonly command: TenantCommand,
  ) {
    super();
  }
}
