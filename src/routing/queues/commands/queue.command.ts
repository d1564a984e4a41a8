import { Command } from '@nestjs/cqrs';
import type { CommandResult } from '../../../platform/event-store/command-executor.js';
import type { QueueCommand } from '../domain/queue.decider.js';

/** Any command to one queue. What it names (the queue to overflow to, an agent who joins) must be there. */
export class CommandQueue extends Command<CommandResult> {
  constructor(
    readonly queueId: string,
    readonly command: QueueCommand,
  ) {
    super();
  }
}
