import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { conflict, notFound } from '../../../kernel/checks.js';
import { streamOf } from '../../../kernel/streams.js';
import { CommandExecutor, type CommandResult } from '../../../platform/event-store/command-executor.js';
import { mediaNodeDecider } from '../domain/media-node.decider.js';
import { CommandMediaNode, ConfigureMediaNode } from './media-node.command.js';

@CommandHandler(CommandMediaNode)
export class CommandMediaNodeHandler implements ICommandHandler<CommandMediaNode> {
  constructor(private readonly executor: CommandExecutor) {}

  execute({ nodeId, command }: CommandMediaNode): Promise<CommandResult> {
    return this.executor.execute(mediaNodeDecider, streamOf('node', nodeId), command);
  }
}

@CommandHandler(ConfigureMediaNode)
export class ConfigureMediaNodeHandler implements ICommandHandler<ConfigureMediaNode> {
  constructor(private readonly executor: CommandExecutor) {}

  async execute({ nodeId, settings, meta }: ConfigureMediaNode): Promise<CommandResult> {
    const password = settings.password ?? (await this.passwordOf(nodeId));
    return this.executor.execute(mediaNodeDecider, streamOf('node', nodeId), { type: 'ConfigureMediaNode', data: { settings: { ...settings, password } }, meta });
  }

  private async passwordOf(nodeId: string): Promise<string> {
    const { state } = await this.executor.load(mediaNodeDecider, streamOf('node', nodeId));
    if (state.settings === null) throw notFound('node-not-found', 'there is no such media node; register it first');
    if (typeof state.settings === 'string') throw conflict('node-password-erased', 'the password of the node was erased; give it');
    return state.settings.password;
  }
}
