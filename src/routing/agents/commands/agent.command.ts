import { Command } from '@nestjs/cqrs';
import type { CommandMeta } from '../../../kernel/command.js';
import type { CommandResult } from '../../../platform/event-store/command-executor.js';
import type { PresenceCommand } from '../domain/agent-shift.commands.js';
import type { AgentCommand } from '../domain/agent.decider.js';

/** Creates, configures or retires an agent. */
export class CommandAgent extends Command<CommandResult> {
  constructor(
    readonly agentId: string,
    readonly command: Extract<AgentCommand, { type: 'CreateAgent' | 'ConfigureAgent' | 'RetireAgent' }>,
  ) {
    super();
  }
}

export interface ShiftResult {
  readonly result: CommandResult;
  /** Null where the agent was signed out already. */
  readonly shiftId: string | null;
}

/** Opens a shift, paused with the reason `signed-in`; an open one stays as it is. */
export class SignInAgent extends Command<ShiftResult> {
  constructor(
    readonly agentId: string,
    readonly meta: CommandMeta,
  ) {
    super();
  }
}

/** What an agent, or somebody for them, chooses in the open shift. */
export class ChoosePresence extends Command<ShiftResult> {
  constructor(
    readonly agentId: string,
    readonly command: PresenceCommand,
  ) {
    super();
  }
}
