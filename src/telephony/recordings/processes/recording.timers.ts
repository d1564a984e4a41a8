import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { TimerChange, TimerRule } from '../../../platform/effects/timers.js';
import type { RecordingEvent } from '../domain/recording.events.js';

const TYPES = ['RecordingDeedRequested', 'RecordingDeedFailed'] as const;

/** A deed that failed is asked for again after its pause. */
export const recordingTimers: TimerRule = {
  name: 'recordings',
  eventTypes: TYPES,
  timersOf: (recorded: RecordedEvent): readonly TimerChange[] => {
    const { type, data, stream } = recorded as Recorded<Extract<RecordingEvent, { type: (typeof TYPES)[number] }>>;
    const { recordingId, deed, attempt } = data;
    const key = `recording:${recordingId}:${deed}`;
    if (type === 'RecordingDeedRequested') return [{ cancel: key }, ...(deed === 'delete' ? [{ cancel: `recording:${recordingId}:store` }, { cancel: `recording:${recordingId}:remove-file` }] : [])];
    return data.retryAt === null ? [] : [{ set: key, dueAt: data.retryAt, command: { stream, type: 'RetryRecordingDeed', data: { deed, attempt } } }];
  },
};
