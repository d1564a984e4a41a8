import type { CommandMeta } from '../../../kernel/command.js';
import { DomainError } from '../../../kernel/errors.js';
import type { CallCommand } from './call.commands.js';
import { request } from './action-request.js';
import type { CallEvent, DequeueReason } from './call.events.js';
import { type CallState, openOffers, type QueueEntry } from './call.state.js';
import { failOffer } from './offers.js';

type QueueCommand = Extract<CallCommand, { type: 'EnqueueCall' | 'DequeueCall' | 'ExpireQueueWait' }>;

/** The caller leaves the queue; a phone that rings for them stops. */
export const leave = (meta: CommandMeta, state: CallState, queue: QueueEntry, reason: DequeueReason, overflowQueueId: string | null): readonly CallEvent[] => [
  ...openOffers(state).flatMap((offer): CallEvent[] => [
    ...failOffer(state, offer, 'rescinded', null),
    ...(state.legs[offer.legId]?.end === null
      ? [request(meta, state, { actionId: `${meta.commandId}:${offer.legId}`, channelId: offer.legId, deed: 'hang-up', cause: 'ORIGINATOR_CANCEL' })]
      : []),
  ]),
  { type: 'CallDequeued', data: { segmentId: queue.segmentId, queueId: queue.queueId, enqueuedAt: queue.enqueuedAt, reason, agentId: null, overflowQueueId } },
];

export const decideQueueing = (command: QueueCommand, state: CallState): readonly CallEvent[] => {
  const { meta } = command;
  switch (command.type) {
    case 'EnqueueCall': {
      const { music, ...entry } = command.data;
      if (state.queue?.segmentId === entry.segmentId) return [];
      if (state.status !== 'live') throw new DomainError('conflict', 'call-ended', 'the call has ended');
      if (state.queue !== null) throw new DomainError('conflict', 'already-queued', 'the call waits in a queue already; dequeue it first');
      const leg = state.legs[entry.legId];
      if (leg === undefined || leg.end !== null) throw new DomainError('conflict', 'leg-ended', 'the caller has hung up');
      const act = `${meta.commandId}`;
      const first = entry.previousSegmentId === null;
      return [
        { type: 'CallEnqueued', data: entry },
        ...(leg.bridgedWith !== null ? [request(meta, state, { actionId: `${act}:park`, channelId: leg.legId, deed: 'park' })] : []),
        ...(first && leg.direction === 'inbound' ? [request(meta, state, { actionId: `${act}:take-over`, channelId: leg.legId, deed: 'take-over' })] : []),
        ...(entry.answer === 'on-entry' && leg.answeredAt === null && leg.direction === 'inbound' ? [request(meta, state, { actionId: `${act}:answer`, channelId: leg.legId, deed: 'answer' })] : []),
        ...(music !== null && (leg.answeredAt !== null || entry.answer === 'on-entry') ? [request(meta, state, { actionId: `${act}:music`, channelId: leg.legId, deed: 'play', media: music, loop: true })] : []),
      ];
    }
    case 'DequeueCall': {
      const queue = state.queue;
      if (queue === null || queue.segmentId !== command.data.segmentId) return [];
      return leave(meta, state, queue, command.data.reason, command.data.overflowQueueId);
    }
    case 'ExpireQueueWait': {
      const queue = state.queue;
      if (queue === null || queue.segmentId !== command.data.segmentId) return [];
      if (queue.overflow.kind === 'queue') return leave(meta, state, queue, 'max-wait', queue.overflow.queueId);
      return [
        ...leave(meta, state, queue, 'max-wait', null),
        request(meta, state, { actionId: `${meta.commandId}:hang-up`, channelId: queue.legId, deed: 'hang-up', cause: 'NORMAL_CLEARING' }),
      ];
    }
    default:
      command satisfies never;
      return [];
  }
};
