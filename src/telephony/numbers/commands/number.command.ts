import { Command } from '@nestjs/cqrs';
import type { CommandMeta } from '../../../kernel/command.js';
import type { CommandResult } from '../../../platform/event-store/command-executor.js';
import type { NumberDestination } from '../../contract/configuration-events.js';
import type { NumberCommand } from '../domain/number.decider.js';

/** A number becomes the tenant's own, unless somebody has it. */
export class AssignNumber extends Command<{ readonly result: CommandResult; readonly numberId: string; readonly number: string }> {
  constructor(
    /** As it was written. */
    readonly number: string,
    readonly destination: NumberDestination,
    readonly meta: CommandMeta,
  ) {
    super();
  }
}

/** Configures or retires a number. */
export class CommandNumber extends Command<CommandResult> {
  constructor(
    readonly numberId: string,
    readonly command: Extract<NumberCommand, { type: 'ConfigureNumber' | 'RetireNumber' }>,
  ) {
    super();
  }
}
