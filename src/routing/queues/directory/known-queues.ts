import { streamOf } from '../../../kernel/streams.js';
import type { CommandExecutor } from '../../../platform/event-store/command-executor.js';
import type { KnownQueues } from '../../../telephony/ports/known-queues.port.js';
import { queueDecider } from '../domain/queue.decider.js';

/** Asks the queue's own stream, so that a queue made a moment ago is known. */
export class QueuesInTheLog implements KnownQueues {
  constructor(private readonly executor: CommandExecutor) {}

  async isInService(tenantId: string, queueId: string): Promise<boolean> {
    const { state, tenantId: owner } = await this.executor.load(queueDecider, streamOf('queue', queueId));
    return owner === tenantId && state.status === 'active';
  }
}
