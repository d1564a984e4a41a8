import type { Recorded, RecordedEvent } from '../../kernel/event.js';
import type { TimerChange, TimerRule } from '../../platform/effects/timers.js';
import type { AgentShiftEvent } from './domain/agent-shift.events.js';

const TYPES = ['AgentReserved', 'AgentReleased', 'AgentOnCall', 'AgentWrapUpStarted', 'AgentWrapUpEnded'] as const;
type Heard = Recorded<Extract<AgentShiftEvent, { type: (typeof TYPES)[number] }>>;

/** A reservation ends at its `dueAt` whatever becomes of its call, wrap-up at its own. */
export const agentShiftTimers: TimerRule = {
  name: 'agent-shifts',
  eventTypes: TYPES,
  timersOf: (recorded: RecordedEvent): readonly TimerChange[] => {
    const event = recorded as Heard;
    const { stream } = event;
    switch (event.type) {
      case 'AgentReserved': {
        const { offerId, dueAt } = event.data;
        return [{ set: `reservation:${offerId}`, dueAt, command: { stream, type: 'ExpireReservation', data: { offerId } } }];
      }
      case 'AgentReleased':
        return [{ cancel: `reservation:${event.data.offerId}` }];
      case 'AgentOnCall':
        return event.data.offerId === null ? [] : [{ cancel: `reservation:${event.data.offerId}` }];
      case 'AgentWrapUpStarted': {
        const { segmentId, dueAt } = event.data;
        return [{ set: `wrap-up:${segmentId}`, dueAt, command: { stream, type: 'EndWrapUp', data: { segmentId, by: 'timer' } } }];
      }
      case 'AgentWrapUpEnded':
        return [{ cancel: `wrap-up:${event.data.segmentId}` }];
      default:
        event satisfies never;
        return [];
    }
  },
};
