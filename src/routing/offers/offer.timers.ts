import type { Recorded, RecordedEvent } from '../../kernel/event.js';
import type { TimerChange, TimerRule } from '../../platform/effects/timers.js';
import type { CallEvent } from '../../telephony/contract/call-events.js';

const TYPES = ['OfferMade', 'AgentContactStarted', 'OfferDeclined', 'OfferFailed', 'CallEnqueued', 'CallDequeued'] as const;
type Heard = Recorded<Extract<CallEvent, { type: (typeof TYPES)[number] }>>;

/** An offer ends at its `dueAt`, a stay in a queue at its `maxWaitAt`. */
export const offerTimers: TimerRule = {
  name: 'offers',
  eventTypes: TYPES,
  timersOf: (recorded: RecordedEvent): readonly TimerChange[] => {
    const event = recorded as Heard;
    const { stream } = event;
    switch (event.type) {
      case 'OfferMade': {
        const { offerId, dueAt } = event.data;
        return [{ set: `offer:${offerId}`, dueAt, command: { stream, type: 'ExpireOffer', data: { offerId } } }];
      }
      case 'AgentContactStarted':
        return event.data.offerId === null ? [] : [{ cancel: `offer:${event.data.offerId}` }];
      case 'OfferDeclined':
      case 'OfferFailed':
        return [{ cancel: `offer:${event.data.offerId}` }];
      case 'CallEnqueued': {
        const { segmentId, maxWaitAt } = event.data;
        return maxWaitAt === null ? [] : [{ set: `queue-wait:${segmentId}`, dueAt: maxWaitAt, command: { stream, type: 'ExpireQueueWait', data: { segmentId } } }];
      }
      case 'CallDequeued':
        return [{ cancel: `queue-wait:${event.data.segmentId}` }];
      default:
        event satisfies never;
        return [];
    }
  },
};
