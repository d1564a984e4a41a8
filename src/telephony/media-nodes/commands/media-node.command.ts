import { Command } from '@nestjs/cqrs';
import type { CommandMeta } from '../../../kernel/command.js';
import type { CommandResult } from '../../../platform/event-store/command-executor.js';
import type { MediaNodeSettings } from '../../contract/configuration-events.js';
import type { MediaNodeCommand } from '../domain/media-node.decider.js';

/** Registers or retires a media node. */
export class CommandMediaNode extends Command<CommandResult> {
  constructor(
    readonly nodeId: string,
    readonly command: Extract<MediaNodeCommand, { type: 'RegisterMediaNode' | 'RetireMediaNode' }>,
  ) {
    super();
  }
}

/** Replaces the settings of a media node; the password stays where none is given. */
export class ConfigureMediaNode extends Command<CommandResult> {
  constructor(
    readonly nodeId: string,
    readonly settings: Omit<MediaNodeSettings, 'password'> & { readonly password: string | undefined },
    readonly meta: CommandMeta,
  ) {
    super();
  }
}
