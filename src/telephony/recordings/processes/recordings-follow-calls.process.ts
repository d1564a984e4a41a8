import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { Process } from '../../../kernel/process.js';
import { idOf, streamOf } from '../../../kernel/streams.js';
import type { CallEvent } from '../../contract/call-events.js';

/** What a call tells of its recordings is the beginning and the end of each one's own life. */
export const recordingsFollowCalls: Process = {
  name: 'recordings-follow-calls',
  actor: { kind: 'process', id: 'recordings-follow-calls' },
  eventTypes: ['RecordingStarted', 'RecordingStopped'],
  react: (recorded: RecordedEvent) => {
    const { type, data, metadata, stream } = recorded as Recorded<Extract<CallEvent, { type: 'RecordingStarted' | 'RecordingStopped' }>>;
    const { recordingId, legId, nodeId, path } = data;
    const origin = { recordingId, callId: idOf(stream), legId, nodeId, path };
    const at = metadata.occurredAt;
    const to = streamOf('recording', recordingId);
    return type === 'RecordingStarted'
      ? [{ stream: to, type: 'AnnounceRecording', data: { ...origin, startedAt: at } }]
      : [{ stream: to, type: 'CompleteRecording', data: { ...origin, stoppedAt: at, durationMs: data.durationMs } }];
  },
};
