import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { invalid, notFound } from '../../../kernel/checks.js';
import { streamOf } from '../../../kernel/streams.js';
import { CommandExecutor, type CommandResult } from '../../../platform/event-store/command-executor.js';
import { agentDecider } from '../../agents/domain/agent.decider.js';
import { queueDecider } from '../domain/queue.decider.js';
import { CommandQueue } from './queue.command.js';

@CommandHandler(CommandQueue)
export class CommandQueueHandler implements ICommandHandler<CommandQueue> {
  constructor(private readonly executor: CommandExecutor) {}

  async execute({ queueId, command }: CommandQueue): Promise<CommandResult> {
    const { tenantId } = command.meta;
    if (command.type === 'JoinQueue') await this.requireAgent(tenantId, command.data.agentId);
    if (command.type === 'CreateQueue' || command.type === 'ConfigureQueue') {
      const { overflow } = command.data.settings;
      if (overflow.kind === 'queue' && overflow.queueId !== queueId) await this.requireQueue(tenantId, overflow.queueId);
    }
    return this.executor.execute(queueDecider, streamOf('queue', queueId), command);
  }

  private async requireAgent(tenantId: string, agentId: string): Promise<void> {
    const { state, tenantId: owner } = await this.executor.load(agentDecider, streamOf('agent', agentId));
    if (owner !== tenantId || state.status !== 'active') throw notFound('agent-not-found', 'there is no such agent, or the agent is retired; create the agent first');
  }

  private async requireQueue(tenantId: string, queueId: string): Promise<void> {
    const { state, tenantId: owner } = await this.executor.load(queueDecider, streamOf('queue', queueId));
    if (owner !== tenantId || state.status !== 'active') throw invalid('overflow-queue-not-found', 'overflow.queueId names no queue in service; create that queue first, or overflow with hang-up');
  }
}
