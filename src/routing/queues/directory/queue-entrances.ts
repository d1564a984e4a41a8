import { conflict, notFound } from '../../../kernel/checks.js';
import { streamOf } from '../../../kernel/streams.js';
import type { CommandExecutor } from '../../../platform/event-store/command-executor.js';
import type { QueueEntrance, QueueEntrances } from '../../../telephony/ports/queue-entrances.port.js';
import { queueDecider } from '../domain/queue.decider.js';

/** How many callers wait in a queue now, as far as is known. */
export type WaitingIn = (tenantId: string, queueId: string) => Promise<number>;

/** Asks the queue's own stream for its rules; only how many wait comes from elsewhere, and only where it matters. */
export class QueueEntrancesInTheLog implements QueueEntrances {
  constructor(
    private readonly executor: CommandExecutor,
    private readonly waitingIn: WaitingIn,
  ) {}

  async enter(tenantId: string, queueId: string): Promise<QueueEntrance> {
    const { state, tenantId: owner } = await this.executor.load(queueDecider, streamOf('queue', queueId));
    if (owner !== tenantId || state.settings === null) throw notFound('queue-not-found', 'there is no such queue; create it first');
    if (state.status === 'retired') throw conflict('queue-retired', 'the queue is retired and takes no callers any more');
    const { priority, answer, maxWaitMs, overflow, music, maxLength } = state.settings;
    if (maxLength !== null && (await this.waitingIn(tenantId, queueId)) >= maxLength) throw conflict('queue-full', `the queue takes ${maxLength} callers at most, and so many wait; try again when one has left`);
    return { priority, answer, maxWaitMs, overflow, music };
  }
}
