import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { isoTime, msOf } from '../../../kernel/clock.js';
import { streamOf } from '../../../kernel/streams.js';
import { CommandExecutor, type CommandResult } from '../../../platform/event-store/command-executor.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import { mediaNodeDecider } from '../../media-nodes/domain/media-node.decider.js';
import { QUEUE_ENTRANCES, type QueueEntrances } from '../../ports/queue-entrances.port.js';
import { EnqueueCaller } from './call.command.js';
import { Calls, legOf } from './calls.js';

@CommandHandler(EnqueueCaller)
export class EnqueueCallerHandler implements ICommandHandler<EnqueueCaller> {
  constructor(
    private readonly calls: Calls,
    private readonly executor: CommandExecutor,
    @Inject(QUEUE_ENTRANCES) private readonly queues: QueueEntrances,
  ) {}

  async execute({ callId, legId, queueId, priority, meta }: EnqueueCaller): Promise<{ readonly result: CommandResult; readonly segmentId: string }> {
    const state = await this.calls.load(callId, meta.tenantId);
    const { maxWaitMs, music, ...entrance } = await this.queues.enter(meta.tenantId, queueId);
    const segmentId = deterministicId(meta.commandId, 'segment');
    const data = {
      ...entrance,
      segmentId,
      legId: legOf(state, legId, 'person'),
      queueId,
      priority: priority ?? entrance.priority,
      waitingSince: meta.at,
      maxWaitAt: maxWaitMs === null ? null : isoTime(msOf(meta.at) + maxWaitMs),
      previousSegmentId: null,
      music: music ?? (await this.musicOf(state.nodeId)),
    };
    return { result: await this.calls.execute(callId, { type: 'EnqueueCall', data, meta }), segmentId };
  }

  private async musicOf(nodeId: string): Promise<string | null> {
    const { settings } = (await this.executor.load(mediaNodeDecider, streamOf('node', nodeId))).state;
    return typeof settings === 'object' ? (settings?.music ?? null) : null;
  }
}
